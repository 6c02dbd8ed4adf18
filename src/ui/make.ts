/** A new element with text. Log text is only ever set as text, never as HTML. */
export const make = (tag: string, className: string, text = ''): HTMLElement => {
  const node = document.createElement(tag)
  node.className = className
  node.textContent = text
  return node
}
