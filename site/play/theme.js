// Light or dark, before anything is painted: as the reader has chosen, or else as the system is.
{
  const asked = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {
    try {
      return localStorage.getItem("lessons-theme");
    } catch {
      return null; // a browser may keep nothing
    }
  };
  const show = () => {
    document.documentElement.dataset.theme = chosen() ?? (asked.matches ? "dark" : "light");
  };
  asked.addEventListener("change", show);
  show();
}
