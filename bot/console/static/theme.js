// Before anything is painted: light or dark, as chosen here before or as the system has it.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("care-theme");
  } catch {
    // Storage is off: the system decides.
  }
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
