// Goes before the media worker's own script: its decoders share so many pictures a second, in the order in which they
// came, as those of a weak machine do. A number on the channel "decoders" changes that; null is as fast as they are.
{
  const Native = self.VideoDecoder;
  const line = [];
  let [rate, credit, looked] = [null, 0, performance.now()];
  const waiting = (decoder) => line.filter((entry) => entry.decoder === decoder).length;

  const pump = () => {
    const now = performance.now();
    credit = rate === null ? Infinity : Math.min(credit + ((now - looked) / 1_000) * rate, 1 + rate / 20);
    looked = now;
    while (line.length > 0 && credit >= 1) {
      const { decoder, chunk } = line.shift();
      credit -= 1;
      if (decoder.native.state === "configured") decoder.native.decode(chunk);
    }
  };

  self.VideoDecoder = class {
    static isConfigSupported(config) {
      return Native.isConfigSupported(config);
    }
    constructor(init) {
      this.native = new Native(init);
    }
    get state() {
      return this.native.state;
    }
    get decodeQueueSize() {
      return waiting(this) + this.native.decodeQueueSize;
    }
    configure(config) {
      this.native.configure(config);
    }
    decode(chunk) {
      line.push({ decoder: this, chunk });
      pump();
    }
    close() {
      for (let at = line.length - 1; at >= 0; at -= 1) if (line[at].decoder === this) line.splice(at, 1);
      this.native.close();
    }
  };

  new BroadcastChannel("decoders").onmessage = ({ data }) => {
    rate = data;
    credit = 0;
    pump();
  };
  setInterval(pump, 10);
}
