// What is done on a page before its script listens is kept, and done once it does (src/routes/+layout.svelte).
{
  const held = new Map();
  let stroke;
  const hold = (event) => {
    const { target, type } = event;
    // Once for each control, in the order of when it was last used: who sees nothing happen presses again.
    const keep = (key, again) => (held.delete(key), held.set(key, again));
    const stop = () => (event.preventDefault(), event.stopPropagation());
    const { value, checked } = target;
    const pressed = type === 'click' && target.closest('button');
    if (pressed) stop(keep(pressed, () => pressed.click()));
    else if (type === 'submit') stop(keep(target, () => target.requestSubmit()));
    // A file that nobody takes would be opened in place of the page.
    else if (/^dr/.test(type) && event.dataTransfer.types.includes('Files')) {
      stop();
      if (type !== 'drop') return;
      const dataTransfer = new DataTransfer();
      for (const file of event.dataTransfer.files) dataTransfer.items.add(file);
      keep(target, () => target.dispatchEvent(new DragEvent(type, { bubbles: true, dataTransfer })));
    } else if (type.startsWith('pointer')) {
      // A stroke ends wherever the pointer is let go.
      if (type === 'pointerdown') stroke = target.matches('canvas') && target;
      const sheet = stroke;
      if (sheet) keep(event, () => sheet.dispatchEvent(new PointerEvent(type, event)));
      if (/up$|cancel$/.test(type)) stroke = undefined;
    } else if (type === 'change' && /^(checkbox|radio)$/.test(target.type))
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
  const types =
    'click input change submit dragover drop pointerdown pointermove pointerup pointercancel'.split(' ');
  for (const type of types) addEventListener(type, hold, true);
  const hear = async () => {
    for (const type of types) removeEventListener(type, hold, true);
    // A stroke in the middle of which the page began to listen goes on by itself, but for its end elsewhere.
    for (const again of held.values()) await again();
    held.clear();
  };
  // Not before what mounts the page has ended.
  addEventListener('listening', () => setTimeout(hear), { once: true });
}
