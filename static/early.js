// What is done on a page before its script listens is kept, and done once it does (src/routes/+layout.svelte).
{
  const held = new Map();
  const hold = (event) => {
    const { target, type } = event;
    // In the order of when each was done last.
    const keep = (key, again) => (held.delete(key), held.set(key, again));
    const stop = () => (event.preventDefault(), event.stopPropagation());
    const { value, checked } = target;
    const pressed = type === 'click' && target.closest('button, a[href^="?"]');
    if (pressed) stop(keep(pressed, () => pressed.click()));
    else if (type === 'submit') stop(keep(target, () => target.requestSubmit()));
    // A file that nobody takes would be opened in place of the page.
    else if (type === 'dragover') stop();
    else if (type === 'drop') {
      const dataTransfer = new DataTransfer();
      for (const file of event.dataTransfer.files) dataTransfer.items.add(file);
      stop(keep(target, () => target.dispatchEvent(new DragEvent(type, { bubbles: true, dataTransfer }))));
    } else if (type.startsWith('pointer') && target.matches('canvas'))
      keep(event, () => target.dispatchEvent(new PointerEvent(type, event)));
    else if (type === 'change' && /^(checkbox|radio)$/.test(target.type))
      keep(target, () => {
        target.checked = !checked;
        target.click();
      });
    else if (type === 'input' || type === 'change')
      keep(target, () => {
        // Files have no other value than theirs.
        if (target.value !== value) target.value = value;
        for (const type of ['input', 'change']) target.dispatchEvent(new Event(type, { bubbles: true }));
      });
  };
  const types = ['click', 'input', 'change', 'submit', 'dragover', 'drop', 'pointerdown', 'pointermove', 'pointerup'];
  for (const type of types) addEventListener(type, hold, true);
  addEventListener('listening', async () => {
    for (const type of types) removeEventListener(type, hold, true);
    for (const again of held.values()) await again();
  });
}
