/* The wall: a number pulses once when it is called, and is said aloud where the browser has a voice. */
(() => {
  "use strict";
  const place = document.querySelector("[data-live]"), nexts = document.querySelector("[data-nexts]");
  const voice = document.querySelector("[data-voice]"), clock = document.querySelector("[data-clock]");
  const calls = [...document.querySelectorAll(".call")];
  const known = new Set(calls.map((call) => call.dataset.mark).filter(Boolean));
  let speaking = false;

  function say(text) {
    const [language, words] = text.split(/\|(.*)/s);
    if (!speaking || !words) return;
    const said = new SpeechSynthesisUtterance(words);
    said.lang = language;
    said.rate = 0.9;
    // A voice of another language would be hard to understand: then the usual one of the machine.
    const own = speechSynthesis.getVoices().find((one) => one.lang.toLowerCase().startsWith(language));
    if (own) said.voice = own;
    speechSynthesis.speak(said);
  }

  place.addEventListener("troth:live", ({ detail }) => {
    nexts.textContent = detail.nexts;
    calls.forEach((call, k) => {
      const mark = detail[`m${k}`] || "";
      call.dataset.mark = mark;
      if (!mark || known.has(mark)) return;
      known.add(mark);
      call.classList.remove("fresh");
      void call.offsetWidth;
      call.classList.add("fresh");
      say(detail[`s${k}`] || "");
    });
  });

  // Browsers speak only after a touch; a display that was set up once remembers it and speaks after the first one.
  if (!("speechSynthesis" in window)) voice.hidden = true;
  const on = () => { speaking = true; voice.hidden = true; speechSynthesis.speak(new SpeechSynthesisUtterance("")); };
  voice.addEventListener("click", on);

  const time = new Intl.DateTimeFormat(clock.dataset.language, { timeZone: clock.dataset.zone, hour: "2-digit", minute: "2-digit", hourCycle: /[ap]\.?m/i.test(clock.textContent) ? "h12" : "h23" });
  const tick = () => { clock.textContent = time.format(new Date()); };
  tick();
  setInterval(tick, 5000);
  navigator.wakeLock?.request("screen").catch(() => {});
})();
