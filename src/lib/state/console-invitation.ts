// An invitation as a picture, and how far its address reaches.

/** One SVG path of unit squares, rows joined; `size` modules a side, the quiet border included. */
export function qrPath(modules: readonly (readonly boolean[])[]): {
  readonly size: number;
  readonly path: string;
} {
  let path = '';
  for (const [y, row] of modules.entries())
    for (let x = 0; x < row.length; x += 1) {
      if (row[x] !== true) continue;
      let end = x;
      while (row[end + 1] === true) end += 1;
      path += `M${x} ${y}h${end - x + 1}v1h-${end - x + 1}z`;
      x = end;
    }
  return { size: modules.length, path };
}

/** Whether other devices can open the address, and whether their browsers will let them train there (secure context). */
export function reachOf(publicUrl: string): 'anywhere' | 'this-machine' | 'insecure' {
  const url = new URL(publicUrl);
  const host = url.hostname;
  if (host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127\./.test(host))
    return 'this-machine';
  return url.protocol === 'https:' ? 'anywhere' : 'insecure';
}
