import { AxeBuilder } from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'

/** What a page must never do: complain, break, or ask another host. */
export class Watch {
  readonly complaints: string[] = []

  constructor(page: Page, own: string) {
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.complaints.push(message.text())
    })
    page.on('pageerror', (error) => this.complaints.push(error.message))
    page.on('request', (request) => {
      const url = new URL(request.url())
      const local = url.protocol === 'blob:' || url.protocol === 'data:' || url.origin === own
      if (!local) this.complaints.push(`a request to ${url.href}`)
    })
  }

  check(): void {
    // what software WebGL says of itself is not the page's doing
    expect(this.complaints.filter((text) => !text.includes('GPU stall due to ReadPixels'))).toEqual([])
  }
}

/** No violation of the accessibility rules that axe knows. */
export async function checkAccess(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([])
}

/** The share of the viewer's pixels that a model covers: opaque ones, as its ground is see-through. */
export async function coverage(page: Page): Promise<number> {
  const [image] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save a picture' }).click()])
  const path = await image.path()
  const { readFileSync } = await import('node:fs')
  const source = `data:image/png;base64,${readFileSync(path).toString('base64')}`
  return page.evaluate(async (src) => {
    const picture = Object.assign(new Image(), { src })
    await picture.decode()
    const canvas = Object.assign(document.createElement('canvas'), { width: picture.width, height: picture.height })
    const brush = canvas.getContext('2d')
    brush?.drawImage(picture, 0, 0)
    const pixels = brush?.getImageData(0, 0, canvas.width, canvas.height).data ?? []
    let opaque = 0
    for (let index = 3; index < pixels.length; index += 4) if ((pixels[index] ?? 0) > 250) opaque++
    return opaque / (pixels.length / 4)
  }, source)
}
