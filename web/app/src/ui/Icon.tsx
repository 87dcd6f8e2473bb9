import {
  BookOpen, Box, Camera, Check, Circle, CircleAlert, CircleCheck, CircleSlash, Clock, Download, Gauge, Hourglass,
  Image, ImagePlus, Images, Keyboard, Layers, ListChecks, Loader, LogOut, Mic, Moon, Pause, Pencil, Play, Plus, Recycle, RefreshCw,
  RotateCw, Save, ScanEye, Scissors, Send, ShieldCheck, Square, Stamp, Sun, SunMoon, ThumbsUp, TriangleAlert, Upload,
  WifiOff, X,
} from 'lucide-react' // prettier-ignore

/** The icons by the names that the server uses for statuses and stages, and the page's own. */
const ICONS = {
  'book-open': BookOpen,
  box: Box,
  camera: Camera,
  check: Check,
  circle: Circle,
  'circle-alert': CircleAlert,
  'circle-check': CircleCheck,
  'circle-slash': CircleSlash,
  clock: Clock,
  download: Download,
  gauge: Gauge,
  hourglass: Hourglass,
  image: Image,
  'image-plus': ImagePlus,
  images: Images,
  keyboard: Keyboard,
  layers: Layers,
  'list-checks': ListChecks,
  loader: Loader,
  'log-out': LogOut,
  mic: Mic,
  moon: Moon,
  pause: Pause,
  pencil: Pencil,
  play: Play,
  plus: Plus,
  recycle: Recycle,
  refresh: RefreshCw,
  rotate: RotateCw,
  save: Save,
  'scan-eye': ScanEye,
  scissors: Scissors,
  send: Send,
  'shield-check': ShieldCheck,
  square: Square,
  stamp: Stamp,
  sun: Sun,
  'sun-moon': SunMoon,
  'thumbs-up': ThumbsUp,
  alert: TriangleAlert,
  upload: Upload,
  'wifi-off': WifiOff,
  x: X,
} as const

/** One icon, drawn for the eye only. A name that this version does not know becomes a circle. */
export function Icon({ name, size = 18, className }: { name: string; size?: number; className?: string | undefined }) {
  const Drawing = ICONS[name as keyof typeof ICONS] ?? Circle
  return <Drawing size={size} className={className} aria-hidden focusable={false} />
}
