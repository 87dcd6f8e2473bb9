import { expect, test, type Page } from '@playwright/test'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { startServer, type Server } from './server.ts'
import { checkAccess, coverage, Watch } from './watch.ts'

const sample = (name: string) => fileURLToPath(new URL(`../../examples/sample/${name}.jpg`, import.meta.url))
const VIEWS = ['front', 'left', 'right', 'back'] as const

let server: Server

test.beforeAll(async () => {
  test.setTimeout(180_000)
  server = await startServer()
})
test.afterAll(() => server?.stop())

/** Drops files onto the page as a person does: all of them at once, anywhere. */
async function drop(page: Page, target: string, names: readonly string[]): Promise<void> {
  const files = names.map((name) => ({ name: `${name}.jpg`, data: readFileSync(sample(name)).toString('base64') }))
  const transfer = await page.evaluateHandle((given) => {
    const carried = new DataTransfer()
    for (const { name, data } of given) {
      const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0))
      carried.items.add(new File([bytes], name, { type: 'image/jpeg' }))
    }
    return carried
  }, files)
  await page.dispatchEvent(target, 'drop', { dataTransfer: transfer })
}

test.describe.configure({ mode: 'serial' })

test('four photos become a model that can be seen and downloaded', async ({ page }) => {
  const watch = new Watch(page, server.url)
  await page.goto(server.url)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Make a 3D model')
  await checkAccess(page)

  // file names say the sides, whatever their order
  await drop(page, 'main', ['back', 'right', 'front', 'left'])
  for (const view of VIEWS) await expect(page.locator(`li[data-view=${view}] img`)).toHaveAttribute('alt', `${view}.jpg`)
  await page.getByLabel('Side that front.jpg shows').selectOption('back')
  await expect(page.locator('li[data-view=front] img')).toHaveAttribute('alt', 'back.jpg')
  await page.getByLabel('Side that front.jpg shows').selectOption('front')
  await checkAccess(page)
  await page.getByRole('radio', { name: /Fast/ }).check()
  await page.getByRole('button', { name: 'Make the 3D model' }).click()

  await expect(page, 'the server takes the job').toHaveURL(/\/job\/[^/]+$/)
  const stages = await page.locator('ol li[data-stage]').evaluateAll((items) => items.map((item) => item.getAttribute('data-stage')))
  const told = await page.request.get(`${server.url}/api/v1/pipelines/photo_to_model`)
  expect(stages).toEqual(((await told.json()) as { stages: { stage: string }[] }).stages.map(({ stage }) => stage))

  // elsewhere on the page the job stays in sight
  await page.getByRole('link', { name: /^Jobs/ }).click()
  await page.getByRole('link', { name: /^Working/ }).click()
  await page.waitForURL(/\/job\/[^/]+$/)

  // half-way another page knows as much: the address is the state
  await expect(page.locator('[data-stage=validating]')).toHaveAttribute('data-mark', 'done', { timeout: 90_000 })
  await page.reload()
  await expect(page.locator('[data-stage=validating]')).toHaveAttribute('data-mark', 'done')
  await checkAccess(page)

  await expect(page.locator('[data-stage=complete]')).toHaveAttribute('data-mark', 'done', { timeout: 180_000 })
  await expect(page.locator('[data-state=ready]')).toBeVisible({ timeout: 90_000 })
  const whole = await coverage(page)
  expect(whole).toBeGreaterThan(0.02)
  await page.getByRole('radio', { name: /Low/ }).check({ force: true })
  await expect(page.locator('[data-state=ready]')).toBeVisible({ timeout: 60_000 })
  expect(Math.abs((await coverage(page)) - whole)).toBeLessThan(0.1 * whole)
  await expect(page.locator('[data-role=cutout] img')).toHaveCount(4)
  await checkAccess(page)

  const [glb] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: /^GLB/ }).click()])
  expect(readFileSync(await glb.path()).subarray(0, 4).toString()).toBe('glTF')
  watch.check()
})

test('the list shows the job, and each screen works in the dark and on a phone', async ({ browser }) => {
  const context = await browser.newContext({ colorScheme: 'dark', viewport: { width: 390, height: 844 }, reducedMotion: 'reduce' })
  const page = await context.newPage()
  const watch = new Watch(page, server.url)
  await page.goto(`${server.url}/jobs`)
  await expect(page.locator('main a[href^="/job/"]')).toHaveCount(1)
  await expect(page.locator('main')).toContainText('Done')
  await checkAccess(page)
  const ground = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)
  expect(ground).toBe('rgb(18, 20, 19)')
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  expect(wide).toBeLessThanOrEqual(0)
  await page.screenshot({ path: 'test-results/jobs-dark-phone.png' })
  await page.goto(server.url)
  await expect(page.locator('li[data-view=front]')).toBeVisible()
  await checkAccess(page)
  await page.screenshot({ path: 'test-results/new-dark-phone.png' })
  watch.check()
  await context.close()
})

test('a held job goes on, a canceled one can be tried again', async ({ page, request }) => {
  const watch = new Watch(page, server.url)
  const sent = await request.put(`${server.url}/api/v1/assets?name=front.jpg`, { data: readFileSync(sample('front')) })
  const { id } = (await sent.json()) as { id: string }
  const order = { pipeline: 'photo_to_model', inputs: [{ asset_id: id, view: 'front' }], hold_after: ['validating'] }
  const made = await request.post(`${server.url}/api/v1/jobs`, { data: order })
  await page.goto(`${server.url}/job/${((await made.json()) as { id: string }).id}`)
  await expect(page.locator('[data-stage=validating]')).toHaveAttribute('data-mark', 'held', { timeout: 60_000 })
  await checkAccess(page)
  await page.getByRole('button', { name: 'Continue' }).click()
  await expect(page.locator('[data-stage=removing_background]')).toHaveAttribute('data-mark', 'active', { timeout: 60_000 })
  await page.getByRole('button', { name: 'Cancel' }).click()
  await expect(page.getByText('You canceled this job')).toBeVisible()
  await checkAccess(page)
  await page.getByRole('button', { name: 'Run again from here: Checking photos' }).click()
  await expect(page.getByText('Attempt 2')).toBeVisible()
  await expect(page.locator('[data-stage=uploading]')).toContainText('Reused', { timeout: 60_000 })
  await page.getByRole('button', { name: 'Cancel' }).click()
  await expect(page.getByText('You canceled this job')).toBeVisible()
  watch.check()
})

test('the keyboard is enough', async ({ page }) => {
  await page.goto(server.url)
  await expect(page.locator('li[data-view=front]')).toBeVisible()
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog')).toBeVisible()
  await checkAccess(page)
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await page.keyboard.press('j')
  await expect(page).toHaveURL(/\/jobs$/)
  await page.keyboard.press('n')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Make a 3D model')
  await page.keyboard.press('Tab')
  await expect(page.locator(':focus')).toHaveCount(1)
})

test('a file that is no photo is refused with a reason', async ({ page }) => {
  await page.goto(server.url)
  const choose = page.getByLabel('Choose the photo: Front')
  await choose.setInputFiles({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('no photo') })
  await expect(page.getByRole('alert')).toContainText('Not a photo that can be read.')
  await expect(page.getByRole('button', { name: 'Make the 3D model' })).toBeDisabled()
  await page.getByRole('button', { name: 'Remove notes.txt' }).click()

  // what only the server can see
  await choose.setInputFiles({ name: 'broken.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('not a jpeg at all') })
  await expect(page.locator('li[data-view=front] [role=alert]')).not.toBeEmpty()
  await expect(page.getByRole('button', { name: 'Make the 3D model' })).toBeDisabled()
})

test('what the server says of a photo is shown before anything is made', async ({ page }) => {
  await page.goto(server.url)
  const drawn = await page.evaluate(() => {
    const canvas = document.createElement('canvas')
    canvas.width = 640
    canvas.height = 480
    const brush = canvas.getContext('2d')
    if (!brush) throw new Error('no canvas')
    for (const [colour, box] of [['#b0b0b0', [0, 0, 640, 480]], ['#801020', [430, 120, 210, 240]]] as const) {
      brush.fillStyle = colour
      brush.fillRect(...box)
    }
    return canvas.toDataURL('image/png').split(',')[1] ?? ''
  })
  const photo = { name: 'near.png', mimeType: 'image/png', buffer: Buffer.from(drawn, 'base64') }
  await page.getByLabel('Choose the photo: Front').setInputFiles(photo)
  const told = page.getByRole('list', { name: 'What the server says of near.png' })
  await expect(told).toContainText('The object is cut off at the right edge. Step back', { timeout: 20_000 })
  await expect(page.getByRole('button', { name: 'Make the 3D model' })).toBeEnabled()
  await checkAccess(page)
})

test('an unknown job is said to be unknown', async ({ page }) => {
  await page.goto(`${server.url}/job/job_doesnotexist`)
  await expect(page.getByText('This job does not exist')).toBeVisible()
})
