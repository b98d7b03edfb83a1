// Runs before the first paint, so that a chosen theme never flashes. The policy refuses inline scripts, so it is a file.
try {
  const theme = localStorage.getItem('tributary.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is refused (private window, policy): the system's theme stays.
}
