// Publishers for tests: each is one participant of a Janus VideoRoom with a picture and a tone of its own.
//
// ?page=NAME: the page asks the test's server for orders (GET /orders?page=NAME, answered when there is one) and
// carries them out one after the other: {do: "join" | "leave" | "unpublish" | "publish" | "close" | "silence" |
// "stop_audio" | "start_audio" | "add_stage", name, ...}. All that happens is told by POST /report
// {page, name, kind, ...}.

"use strict";

const page = new URLSearchParams(location.search).get("page");
const publishers = new Map();
const sound = new AudioContext({ sampleRate: 48000 });

function report(name, kind, more) {
  return fetch("/report", { method: "POST", body: JSON.stringify({ page, name, kind, ...more }) });
}

class Janus {
  // One session with one handle: requests, and every event handed to `onEvent`.
  constructor(url, onEvent) {
    this.waiting = new Map();
    this.onEvent = onEvent;
    this.count = 0;
    this.socket = new WebSocket(url, "janus-protocol");
    this.socket.onmessage = (message) => this.take(JSON.parse(message.data));
    this.opened = new Promise((resolve, reject) => {
      this.socket.onopen = resolve;
      this.socket.onerror = reject;
    });
  }

  async start() {
    await this.opened;
    this.session = (await this.send({ janus: "create" })).data.id;
    this.handle = (await this.send({ janus: "attach", plugin: "janus.plugin.videoroom" })).data.id;
    this.timer = setInterval(() => this.send({ janus: "keepalive" }), 20000);
  }

  send(message) {
    const transaction = `${++this.count}`;
    const full = { ...message, transaction };
    if (this.session) full.session_id = this.session;
    if (this.handle) full.handle_id = this.handle;
    this.socket.send(JSON.stringify(full));
    return new Promise((resolve) => this.waiting.set(transaction, resolve));
  }

  ask(body, jsep) {
    return this.send(jsep ? { janus: "message", body, jsep } : { janus: "message", body });
  }

  take(message) {
    const waiting = this.waiting.get(message.transaction);
    if (waiting && message.janus !== "ack") {
      this.waiting.delete(message.transaction);
      waiting(message);
    } else if (message.janus !== "ack") {
      this.onEvent(message);
    }
  }

  close() {
    clearInterval(this.timer);
    this.socket.close();
  }
}

function picture({ width, height, fps, colour }) {
  // One flat colour, and a small patch that moves along the upper edge so that every frame differs.
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const pen = canvas.getContext("2d", { alpha: false });
  const side = Math.round(height / 12);
  let number = 0;
  const draw = () => {
    pen.fillStyle = `rgb(${colour.join(",")})`;
    pen.fillRect(0, 0, width, height);
    pen.fillStyle = "rgb(128,128,128)";
    pen.fillRect((number++ * side) % (width - side), 0, side, side);
  };
  draw();
  const timer = setInterval(draw, 1000 / fps);
  const track = canvas.captureStream(fps).getVideoTracks()[0];
  return { track, stop: () => { clearInterval(timer); track.stop(); } };
}

function tone(frequency) {
  const oscillator = new OscillatorNode(sound, { frequency });
  const gain = new GainNode(sound, { gain: 0.2 });
  const out = new MediaStreamAudioDestinationNode(sound);
  oscillator.connect(gain).connect(out);
  oscillator.start();
  return { track: out.stream.getAudioTracks()[0], stop: () => oscillator.stop() };
}

class Publisher {
  constructor(order) {
    this.order = order;
    this.sources = [];
  }

  async join() {
    this.janus = new Janus(this.order.url, (event) => report(this.order.name, "event", { event }));
    await this.janus.start();
    const joined = await this.janus.ask({
      request: "join", ptype: "publisher", room: this.order.room, display: this.order.display,
      ...(this.order.id ? { id: this.order.id } : {}), ...(this.order.pin ? { pin: this.order.pin } : {}),
    });
    const data = joined.plugindata.data;
    await report(this.order.name, data.videoroom, { data });
    if (this.order.media !== false && data.videoroom === "joined") await this.publish();
  }

  async publish() {
    this.connection = new RTCPeerConnection({ iceServers: [] });
    this.connection.onconnectionstatechange = () =>
      report(this.order.name, "connection", { state: this.connection.connectionState });
    this.connection.onicecandidate = ({ candidate }) =>
      this.janus.send({ janus: "trickle", candidate: candidate ? candidate.toJSON() : { completed: true } });
    if (this.order.tone) this.addAudio();
    if (this.order.colour) this.addVideo(this.order);
    await this.negotiate("publish");
  }

  addAudio() {
    const source = tone(this.order.tone);
    this.sources.push(source);
    this.audio = this.connection.addTransceiver(source.track, { direction: "sendonly" });
  }

  addVideo({ width, height, fps, colour, codec, description, rids }) {
    const source = picture({ width, height, fps, colour });
    if (description) source.track.contentHint = "detail"; // keeps its size when bandwidth or processor are short
    this.sources.push(source);
    const encodings = rids
      ? [{ rid: "h", scaleResolutionDownBy: 1 }, { rid: "m", scaleResolutionDownBy: 2 }, { rid: "l", scaleResolutionDownBy: 4 }]
      : [{ maxBitrate: 1500000 }];
    const video = this.connection.addTransceiver(source.track, { direction: "sendonly", sendEncodings: encodings });
    const all = RTCRtpSender.getCapabilities("video").codecs;
    const wanted = all.filter((c) => c.mimeType.toLowerCase() === `video/${codec}`);
    video.setCodecPreferences([...wanted, ...all.filter((c) => /rtx/.test(c.mimeType))]);
    video.description = description;
    this.video = video;
  }

  async negotiate(request) {
    const offer = await this.connection.createOffer();
    await this.connection.setLocalDescription(offer);
    const descriptions = this.connection.getTransceivers()
      .filter((item) => item.description)
      .map((item) => ({ mid: item.mid, description: item.description }));
    const body = { request, ...(descriptions.length ? { descriptions } : {}) };
    if (request === "publish" && this.order.codec) body.videocodec = this.order.codec;
    const answer = await this.janus.ask(body, { type: "offer", sdp: offer.sdp });
    if (!answer.jsep) return report(this.order.name, "refused", { data: answer.plugindata.data });
    await this.connection.setRemoteDescription(answer.jsep);
    return report(this.order.name, "published", { data: answer.plugindata.data });
  }

  end() {
    this.sources.forEach((source) => source.stop());
    this.sources = [];
    if (this.connection) this.connection.close();
  }
}

const deeds = {
  async join(order) {
    const publisher = new Publisher(order);
    publishers.set(order.name, publisher);
    await publisher.join();
  },
  async leave(order) { // tells Janus, and keeps the peer connection for a while as sloppy pages do
    const publisher = publishers.get(order.name);
    await publisher.janus.ask({ request: "leave" });
  },
  async close(order) {
    const publisher = publishers.get(order.name);
    publisher.end();
    publisher.janus.close();
  },
  async unpublish(order) {
    const publisher = publishers.get(order.name);
    await publisher.janus.ask({ request: "unpublish" });
    publisher.end();
  },
  async publish(order) {
    await publishers.get(order.name).publish();
  },
  async silence(order) { // packets stop, nothing is announced
    const publisher = publishers.get(order.name);
    for (const sender of publisher.connection.getSenders()) await sender.replaceTrack(null);
  },
  async stop_audio(order) {
    const publisher = publishers.get(order.name);
    publisher.audio.direction = "inactive";
    await publisher.negotiate("configure");
  },
  async start_audio(order) {
    const publisher = publishers.get(order.name);
    publisher.audio.direction = "sendonly";
    await publisher.negotiate("configure");
  },
  async add_stage(order) { // a second picture on the same connection
    const publisher = publishers.get(order.name);
    publisher.addVideo(order);
    await publisher.negotiate("configure");
  },
  async ask(order) { // any request on the publisher's own handle
    const answer = await publishers.get(order.name).janus.ask(order.body);
    await report(order.name, "answer", { data: answer.plugindata.data });
  },
};

async function work() {
  await report(page, "ready");
  for (;;) {
    const orders = await (await fetch(`/orders?page=${page}`)).json();
    for (const order of orders) {
      try {
        await deeds[order.do](order);
        await report(order.name, "done", { deed: order.do });
      } catch (error) {
        await report(order.name, "failed", { deed: order.do, error: `${error}` });
      }
    }
  }
}

work();
