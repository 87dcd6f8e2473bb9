import {
  Box3, CanvasTexture, Color, Group, LineBasicMaterial, LineSegments, Mesh, MeshBasicMaterial, MeshStandardMaterial,
  PerspectiveCamera, PlaneGeometry, PMREMGenerator, Scene, Vector3, WebGLRenderer, WireframeGeometry, type Object3D,
} from 'three' // prettier-ignore
import { OrbitControls } from 'three/examples/jsm/controls/OrbitControls.js'
import { RoomEnvironment } from 'three/examples/jsm/environments/RoomEnvironment.js'
import { GLTFLoader } from 'three/examples/jsm/loaders/GLTFLoader.js'

/** A small photo studio around one model. */
export interface Stage {
  /** Shows another file; resolves after its first picture is drawn. The camera stays where a person put it. */
  load(url: string, signal: AbortSignal): Promise<void>
  setWireframe(on: boolean): void
  setTurning(on: boolean): void
  resetCamera(): void
  /** A PNG of what is seen now, as a data URL. */
  snapshot(): string
  dispose(): void
}

const ENVIRONMENT_SIZE = 64 // looks like 256 and is several times faster to make where there is no GPU
const WIRE = new Color(0x0f9a8b)

/** Throws where the browser has no WebGL. `onTouch` is called when a person takes hold of the model. */
export function createStage(canvas: HTMLCanvasElement, onTouch: () => void): Stage {
  const renderer = new WebGLRenderer({ canvas, antialias: true, alpha: true })
  renderer.setPixelRatio(Math.min(devicePixelRatio, 2))
  const scene = new Scene()
  const camera = new PerspectiveCamera(32, 1, 0.01, 100)
  const controls = new OrbitControls(camera, canvas)
  Object.assign(controls, { enableDamping: true, dampingFactor: 0.08, enablePan: false, autoRotateSpeed: 1.2 })
  const pmrem = new PMREMGenerator(renderer)
  const environment = pmrem.fromScene(new RoomEnvironment(), 0.04, 0.1, 100, { size: ENVIRONMENT_SIZE })
  scene.environment = environment.texture
  scene.environmentIntensity = 0.9
  const ground = shadow()
  scene.add(ground)
  let model: Group | null = null
  let wires: Group | null = null
  let wireframe = false
  let frame = 0

  const render = () => renderer.render(scene, camera)
  const tick = () => {
    frame = 0
    // true while the camera still moves: by a hand, by its own weight, or turning
    if (controls.update()) wake()
    render()
  }
  const wake = () => {
    if (frame === 0) frame = requestAnimationFrame(tick)
  }
  const resize = () => {
    const { clientWidth: width, clientHeight: height } = canvas
    if (!width || !height) return
    renderer.setSize(width, height, false)
    camera.aspect = width / height
    camera.updateProjectionMatrix()
    render()
  }
  const observer = new ResizeObserver(resize)
  observer.observe(canvas)
  controls.addEventListener('change', wake)
  controls.addEventListener('start', onTouch)

  const showWires = () => {
    if (wires) scene.remove(wires)
    if (wires) release(wires)
    wires = null
    if (wireframe && model) scene.add((wires = wiresOf(model)))
    model?.traverse((part) => part instanceof Mesh && Object.assign(part.material, { opacity: wireframe ? 0.35 : 1, transparent: wireframe, needsUpdate: true }))
    wake()
  }
  const resetCamera = () => {
    const { center, radius } = boundsOf(model)
    const distance = (radius / Math.sin((camera.fov * Math.PI) / 360)) * (camera.aspect < 1 ? 1 / camera.aspect : 1)
    camera.position.set(0.62, 0.38, 1).normalize().multiplyScalar(distance * 1.08).add(center)
    Object.assign(camera, { near: distance / 100, far: distance * 10 })
    camera.updateProjectionMatrix()
    controls.target.copy(center)
    Object.assign(controls, { minDistance: distance * 0.35, maxDistance: distance * 2.5 })
    controls.update()
    wake()
  }
  return {
    async load(url, signal) {
      const { scene: loaded } = await new GLTFLoader().loadAsync(url)
      if (signal.aborted) return release(loaded)
      const first = model === null
      if (model) {
        scene.remove(model)
        release(model)
      }
      model = loaded
      scene.add(model)
      seat(ground, model)
      resize()
      if (first) resetCamera()
      showWires()
      render()
    },
    setWireframe(on) {
      wireframe = on
      showWires()
    },
    setTurning(on) {
      controls.autoRotate = on
      wake()
    },
    resetCamera,
    snapshot() {
      render()
      return canvas.toDataURL('image/png')
    },
    dispose() {
      cancelAnimationFrame(frame)
      observer.disconnect()
      controls.dispose()
      for (const group of [model, wires, ground]) if (group) release(group)
      environment.dispose()
      pmrem.dispose()
      renderer.dispose()
    },
  }
}

function boundsOf(model: Object3D | null): { center: Vector3; radius: number } {
  const box = new Box3()
  if (model) box.setFromObject(model)
  if (box.isEmpty()) return { center: new Vector3(), radius: 1 }
  return { center: box.getCenter(new Vector3()), radius: box.getSize(new Vector3()).length() / 2 || 1 }
}

/** Only the edges, so that they can be drawn over the surface. */
function wiresOf(model: Object3D): Group {
  const group = new Group()
  model.updateWorldMatrix(true, true)
  model.traverse((part) => {
    if (!(part instanceof Mesh)) return
    const lines = new LineSegments(new WireframeGeometry(part.geometry), new LineBasicMaterial({ color: WIRE }))
    lines.applyMatrix4(part.matrixWorld)
    group.add(lines)
  })
  return group
}

/** A soft shadow that the model stands on. */
function shadow(): Mesh {
  const size = 128
  const picture = Object.assign(document.createElement('canvas'), { width: size, height: size })
  const brush = picture.getContext('2d')
  if (brush) {
    const gradient = brush.createRadialGradient(size / 2, size / 2, 0, size / 2, size / 2, size / 2)
    gradient.addColorStop(0, 'rgba(0,0,0,.42)')
    gradient.addColorStop(0.55, 'rgba(0,0,0,.16)')
    gradient.addColorStop(1, 'rgba(0,0,0,0)')
    brush.fillStyle = gradient
    brush.fillRect(0, 0, size, size)
  }
  const material = new MeshBasicMaterial({ map: new CanvasTexture(picture), transparent: true, depthWrite: false })
  const plane = new Mesh(new PlaneGeometry(1, 1), material)
  plane.rotation.x = -Math.PI / 2
  return plane
}

function seat(ground: Mesh, model: Object3D): void {
  const box = new Box3().setFromObject(model)
  const size = box.getSize(new Vector3())
  const center = box.getCenter(new Vector3())
  ground.scale.set(size.x * 1.7, size.z * 1.7, 1)
  ground.position.set(center.x, box.min.y - size.y * 0.002, center.z)
}

function release(group: Object3D): void {
  group.traverse((part) => {
    if (!(part instanceof Mesh || part instanceof LineSegments)) return
    part.geometry.dispose()
    if (part.material instanceof MeshStandardMaterial || part.material instanceof MeshBasicMaterial) part.material.map?.dispose()
    part.material.dispose()
  })
}
