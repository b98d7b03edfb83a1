// The chosen theme: the system's, light or dark. static/theme.js applies a stored choice before the first paint.
const KEY = 'tributary.theme';

export type Theme = 'system' | 'light' | 'dark';
export const themes: readonly Theme[] = ['system', 'light', 'dark'];

export class ThemeChoice {
  current = $state<Theme>('system');

  /** Reads what the page was painted with; call it in the browser. */
  read(): void {
    const painted = document.documentElement.dataset['theme'];
    this.current = painted === 'light' || painted === 'dark' ? painted : 'system';
  }

  /** Applies and remembers it. Where storage is refused it holds for this page only. */
  choose(theme: Theme): void {
    this.current = theme;
    if (theme === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme;
    try {
      if (theme === 'system') localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, theme);
    } catch (error) {
      console.info('The theme holds for this page only, because storage is refused:', error);
    }
  }

  next(): Theme {
    return themes[(themes.indexOf(this.current) + 1) % themes.length] ?? 'system';
  }
}
