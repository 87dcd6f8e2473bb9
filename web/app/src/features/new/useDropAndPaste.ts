import { useEffect, useRef, useState } from 'react'

/** Takes files dropped anywhere on the page, or pasted. Answers whether files hang over the page. */
export function useDropAndPaste(onFiles: (files: File[]) => void): boolean {
  const [over, setOver] = useState(false)
  const take = useRef(onFiles)
  useEffect(() => {
    take.current = onFiles
  })
  useEffect(() => {
    const stop = new AbortController()
    const { signal } = stop
    const carries = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false
    const give = (files: FileList | undefined) => files?.length && take.current([...files])
    window.addEventListener('paste', ({ clipboardData }) => give(clipboardData?.files), { signal })
    const onDrag = (event: DragEvent) => {
      if (!carries(event)) return
      event.preventDefault()
      setOver(true)
    }
    window.addEventListener('dragover', onDrag, { signal })
    window.addEventListener('dragleave', (event) => event.relatedTarget === null && setOver(false), { signal })
    // in the capture phase, since a place that takes the files stops the event
    window.addEventListener('drop', () => setOver(false), { signal, capture: true })
    const onDrop = (event: DragEvent) => {
      if (!carries(event)) return
      event.preventDefault()
      give(event.dataTransfer?.files)
    }
    window.addEventListener('drop', onDrop, { signal })
    return () => stop.abort()
  }, [])
  return over
}
