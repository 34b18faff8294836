// The frame around every room game: names, clock, banner, buttons, result, rematch. The game draws its stage. DOM only.

import { buzz } from "haptics";
import { Hints } from "hints";
import { keep, kept } from "kept";
import { now } from "live/clock";
import { isOwn } from "live/room-state";
import { dress } from "looks";
import { socket } from "live/site";
import { playKeys } from "play-keys";
import { Sound } from "sound";
import { speak } from "speak";
import { gettext, number } from "words";

const TICK_MS = 250;
const EMOTE_MS = 2_500;
const ASKED_MS = 3_000;
const REFUSED_MS = 5_000;
const NEXT_MS = 4_000; // The page of the next round is opened so long before it begins.
const RANKED_MAX = 5;
const WORDS = {
  connecting: "", // The header says so; a banner that comes and goes would push the stage about.
  reconnecting: gettext("Reconnecting… Your seat is kept."),
  open: gettext("Waiting for somebody to take the other seat."),
  waiting: gettext("Waiting for your opponent…"),
  elsewhere: gettext("You play in another tab."),
};

// How it ended, for whoever looks.
function titleOf({ results, seats, t }, seat) {
  const places = results.map(({ place }) => place);
  if (!places.length) return t ? gettext("The match broke off") : gettext("Nobody came");
  const played = places.filter(Boolean);
  if (played.length > 1 && played.every((place) => place === 1)) return gettext("A draw");
  const own = places[seat] ?? 0;
  if (!own) return gettext("{name} wins", { name: seats[places.indexOf(1)].card.name });
  if (own === 1) return gettext("You win!");
  return played.length > 2 ? gettext("You are #{place} of {count}", { place: own, count: played.length }) : gettext("You lose");
}

export class RoomView {
  #asked = 0;
  #said = "";
  #refused = { text: "", until: 0 }; // Stands for a while, whatever happens in the room.
  #muted = kept("emotes") === "muted";

  // `moments` gives a sentence for each thing worth telling of a match that is over, from its keyframe.
  constructor(room, root = document.querySelector("[data-room]"), { moments = () => [] } = {}) {
    this.room = room;
    this.moments = moments;
    this.until = Number(root.dataset.untilMs ?? 0);
    const find = (name) => root.querySelector(`[data-${name}]`);
    this.parts = Object.fromEntries(
      ["banner", "take", "clock", "watchers", "resign", "result", "result-title", "result-words", "rematch", "replay", "mute", "rated", "moments", "block", "invite", "come", "next"].map((name) => [name, find(name)]),
    );
    this.root = root;
    this.sound = new Sound(find("sound-button"));
    if (find("sound-button")) playKeys({ mute: () => this.sound.toggle() });
    this.hints = find("hints") && new Hints(find("hints"), root.dataset.game);
    this.parts.take?.addEventListener("click", () => room.take());
    this.parts.resign?.addEventListener("click", () => this.#askResign());
    this.parts.rematch?.addEventListener("click", () => this.#wantRematch());
    this.parts.mute?.addEventListener("click", () => this.#mute(!this.#muted));
    find("copy")?.addEventListener("click", ({ target }) => this.#copy(find("link"), target));
    for (const button of root.querySelectorAll("[data-emote]")) button.addEventListener("click", () => room.say("emote", { emote: button.dataset.emote }));
    room.addEventListener("change", ({ detail }) => {
      if (detail.cause.input) this.hints?.done();
      this.#show();
    });
    room.addEventListener("emoted", ({ detail }) => this.#emoted(detail));
    room.addEventListener("asks", ({ detail }) => this.#asks(detail));
    room.addEventListener("rated", ({ detail }) => this.#rated(detail));
    room.addEventListener("next", ({ detail }) => this.#next(detail));
    room.addEventListener("refused", ({ detail }) => this.#refuse(detail));
    socket.addEventListener("state", () => this.#show());
    setInterval(() => this.#tick(), TICK_MS);
    this.#mute(this.#muted);
    this.#show();
  }

  async #copy(link, button) {
    link.select();
    // Without HTTPS a page may not copy by itself; the link is selected.
    const copied = await navigator.clipboard?.writeText(link.value).then(() => true, () => false);
    button.textContent = copied ? gettext("Copied") : gettext("Press Ctrl+C");
  }

  // At once, or a little before the next round of an arena begins.
  #next({ room, in_ms = 0 }) {
    const at = now() + in_ms - NEXT_MS;
    if (in_ms) speak(gettext("The next round begins in {seconds} seconds.", { seconds: Math.round(in_ms / 1000) }));
    const wait = () => {
      const left = at - now();
      if (left <= 0) return location.replace(`/rooms/${room}/`);
      if (this.parts.next) this.parts.next.textContent = gettext("Next round in {seconds} s", { seconds: Math.ceil((left + NEXT_MS) / 1000) });
      setTimeout(wait, Math.min(left, TICK_MS));
    };
    wait();
  }

  #show() {
    const { key, seat } = this.room.state;
    const phase = this.room.phase;
    if (phase === "playing" && this.root.dataset.phase === "countdown") this.sound.play("begin");
    this.root.dataset.phase = phase;
    this.#say(this.#words(phase));
    if (this.parts.invite) this.parts.invite.hidden = phase !== "open" && phase !== "connecting";
    if (this.parts.come) this.parts.come.hidden = phase !== "watching";
    if (this.parts.take) this.parts.take.hidden = phase !== "elsewhere";
    if (this.parts.resign) this.parts.resign.disabled = phase !== "playing";
    for (const button of this.root.querySelectorAll("[data-input], [data-emote]")) button.disabled = phase !== "playing" && !("emote" in button.dataset && key && seat !== null);
    if (!key) return;
    if (this.parts.watchers) this.parts.watchers.textContent = key.watchers ? gettext("{count} watching", { count: number.format(key.watchers) }) : "";
    if (this.parts.rated) this.parts.rated.textContent = key.rated ? gettext("rated") : gettext("not rated");
    key.seats.forEach((each, place) => each && this.#showSeat(each, place));
    this.#showResult(phase, key, seat);
    this.#tick();
  }

  #refuse({ retry, message, code }) {
    this.#refused = { text: retry ? gettext("The site is catching up. Your seat is kept.") : message, until: now() + REFUSED_MS };
    this.#say(this.#words(this.room.phase));
    if (code === "elsewhere" || code === "no_rematch") this.#mayAskAgain();
  }

  #mayAskAgain() {
    if (!this.parts.rematch) return;
    this.parts.rematch.disabled = false;
    this.parts.rematch.textContent = gettext("Rematch");
  }

  #showSeat({ card, rating, provisional, bot, player, away_s }, place) {
    const part = this.root.querySelector(`[data-seat="${place}"]`);
    if (!part) return;
    const put = (name, text) => {
      const found = part.querySelector(`[data-${name}]`);
      if (found && found.textContent !== text) found.textContent = text;
    };
    put("name", card.name);
    put("rating", bot ? gettext("bot") : `${number.format(rating)}${provisional ? "?" : ""}`);
    put("line", away_s === null || away_s === undefined ? "" : gettext("reconnecting… {seconds} s", { seconds: away_s }));
    const [link, avatar] = [part.querySelector("[data-name]"), part.querySelector("player-avatar")];
    if (link?.href !== undefined && avatar && !bot) dress(link, avatar, player, card);
    else avatar?.setAttribute("player", 1);
    if (this.parts.block && !bot && this.room.state.seat !== null && place !== this.room.state.seat) {
      this.parts.block.hidden = false;
      this.parts.block.action = `/players/${encodeURIComponent(card.name)}/block/`;
    }
    part.toggleAttribute("data-away", away_s !== null && away_s !== undefined);
  }

  #words(phase) {
    if (this.#refused.until > now()) return this.#refused.text;
    if (phase === "open" && this.until && now() > this.until) return gettext("They did not come, and the challenge has ended.");
    if (phase === "countdown") return gettext("Starts in {seconds}…", { seconds: Math.max(1, Math.ceil((this.room.state.key.starts_ms - now()) / 1000)) });
    return WORDS[phase] ?? "";
  }

  #tick() {
    const { key } = this.room.state;
    if (this.room.phase === "countdown" || this.#words(this.room.phase) !== this.#said) this.#say(this.#words(this.room.phase));
    if (!key) return;
    if (this.root.dataset.phase !== this.room.phase) this.#show();
    const length = (key.view.length ?? 0) * key.tick_ms;
    const played = key.status === "over" ? this.room.view.tick * key.tick_ms : Math.max(0, now() - key.starts_ms);
    const left = Math.max(0, Math.ceil((length - played) / 1000));
    if (this.parts.clock) this.parts.clock.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  }

  #say(text) {
    if (text === this.#said) return;
    this.#said = text;
    this.parts.banner.hidden = !text;
    this.parts.banner.textContent = text;
  }

  #showResult(phase, key, seat) {
    const { result } = this.parts;
    if (phase !== "over" || !result.hidden) return;
    result.hidden = false;
    const places = key.results.map(({ place }) => place);
    const title = titleOf(key, isOwn(this.room.state) ? seat : null);
    if (seat !== null && places.length) this.#sounds(places[seat]);
    this.parts["result-title"].textContent = title;
    const ranked = key.results.map((each, at) => ({ ...each, name: key.seats[at]?.card.name })).filter(({ place }) => place);
    if (key.seats.length > 2) ranked.sort((one, other) => one.place - other.place);
    this.parts["result-words"].textContent = ranked.slice(0, RANKED_MAX).map(({ points, name }) => `${name}: ${number.format(points)}`).join(" · ");
    if (this.parts.rematch) this.parts.rematch.hidden = seat === null || !places.length || key.seats.length > 2;
    if (this.parts.replay) this.parts.replay.hidden = !places.length;
    const moments = places.length ? this.moments(key) : [];
    this.parts.moments.hidden = !moments.length;
    this.parts.moments.replaceChildren(...moments.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
    speak(`${title}. ${this.parts["result-words"].textContent}`);
    (this.parts.rematch?.hidden === false ? this.parts.rematch : result).focus({ preventScroll: true });
  }

  #sounds(place) {
    this.sound.play(place === 1 ? "win" : "lose");
    buzz(place === 1 ? [30, 50, 30, 50, 60] : 60);
  }

  // Twice within three seconds, so that a slip of the finger ends nothing.
  #askResign() {
    if (this.#asked) {
      this.room.say("resign");
      return this.#unaskResign();
    }
    this.parts.resign.textContent = this.parts.resign.dataset.ask;
    this.#asked = setTimeout(() => this.#unaskResign(), ASKED_MS);
  }

  #unaskResign() {
    clearTimeout(this.#asked);
    this.#asked = 0;
    this.parts.resign.textContent = this.parts.resign.dataset.label;
  }

  #wantRematch() {
    this.room.say("rematch");
    this.parts.rematch.disabled = true;
    this.parts.rematch.textContent = gettext("Waiting for the other…");
  }

  #asks({ seat }) {
    if (seat === this.room.state.seat) return;
    const { card } = this.room.state.key.seats[seat];
    this.parts["result-words"].textContent = gettext("{name} wants a rematch.", { name: card.name });
    speak(this.parts["result-words"].textContent);
  }

  #rated({ before, after }) {
    this.room.state.key.seats.forEach((_, place) => {
      if (!after[place]) return;
      const part = this.root.querySelector(`[data-seat="${place}"] [data-rating]`);
      if (part) part.textContent = `${number.format(before[place])} → ${number.format(after[place])}`;
    });
    const { seat } = this.room.state;
    if (seat !== null && after[seat]) speak(gettext("Your rating is {rating} now.", { rating: number.format(after[seat]) }));
  }

  #mute(muted) {
    this.#muted = muted;
    keep("emotes", muted ? "muted" : null);
    if (this.parts.mute) {
      this.parts.mute.textContent = muted ? gettext("Show emotes") : gettext("Mute emotes");
    }
  }

  #emoted({ seat, emote }) {
    const part = this.root.querySelector(`[data-seat="${seat}"] [data-emoted]`);
    if (!part || (this.#muted && seat !== this.room.state.seat)) return;
    part.textContent = gettext(emote);
    clearTimeout(part.cleared);
    part.cleared = setTimeout(() => (part.textContent = ""), EMOTE_MS);
  }
}
