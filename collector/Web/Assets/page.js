// What a page cannot do without a script: the clipboard.
window.runtimePage = {
  copy: async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return false;
    }
  },
};
