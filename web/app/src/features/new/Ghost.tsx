const SIDE = (
  <g>
    <path d="M28 14h7l2 42H30z" />
    <path d="M30 56h38a5 5 0 0 1 0 10H29z" />
    <path d="M31 66 28 98M64 66l4 32" />
    <path d="M30 84h37" />
  </g>
)

const FRONT = (
  <g>
    <rect x="28" y="14" width="44" height="38" rx="6" />
    <path d="M24 58h52l3 10H21z" />
    <path d="M25 68v30M75 68v30M36 52v6M64 52v6" />
    <path d="M32 68v20M68 68v20" opacity=".45" />
  </g>
)

const BACK = (
  <g>
    <rect x="28" y="14" width="44" height="44" rx="6" />
    <path d="M28 25h44M28 36h44M28 47h44" opacity=".45" />
    <path d="M26 58h48v8H26z" />
    <path d="M28 66v32M72 66v32M28 86h44" />
  </g>
)

// seen from its own left side an object looks to the picture's left
const DRAWINGS: Readonly<Record<string, React.ReactNode>> = {
  front: FRONT,
  back: BACK,
  left: <g transform="matrix(-1 0 0 1 100 0)">{SIDE}</g>,
  right: SIDE,
}

/** A chair seen from one side: how the photo for this place should look. */
export function Ghost({ view, className }: { view: string; className?: string | undefined }) {
  return (
    <svg viewBox="0 0 100 112" className={className} aria-hidden fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinejoin="round" strokeLinecap="round">
      <ellipse cx="50" cy="100" rx="36" ry="4.5" fill="currentColor" stroke="none" opacity=".1" />
      {DRAWINGS[view] ?? FRONT}
    </svg>
  )
}
