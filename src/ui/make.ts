/** A new element with text. Log text is only ever set as text, never as HTML. */
export const make = (tag: string, className: string, text = ''): HTMLElement => {
  const node = document.createElement(tag)
  node.className = className
  node.textContent = text
  return node
}

/** A button that cannot be pressed twice while it works, and says what went wrong. */
export const makeButton = (label: string, act: () => Promise<void>): HTMLElement => {
  const button = make('button', '', label) as HTMLButtonElement
  button.type = 'button'
  button.onclick = async () => {
    button.disabled = true
    try {
      await act()
    } catch (error) {
      button.textContent = error instanceof Error ? error.message : `${error}`
      return
    }
    button.disabled = false
  }
  return button
}

export const timeOf = (at: number): string => new Date(at).toLocaleString('sv')

export const count = (value: number): string => value.toLocaleString('en')
