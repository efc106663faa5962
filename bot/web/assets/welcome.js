// Puts what lies behind the # of the link into the form. No server gets to see it before.
(() => {
  const token = location.hash.slice(1);
  if (!token) return;
  document.getElementById("token").value = token;
  document.getElementById("link").hidden = true;
  history.replaceState(null, "", location.pathname);
})();
