import { WorkerHost } from "./core/worker_host.ts";
if (Deno.args[0] === "server") {
  const port = Number(Deno.args[Deno.args.indexOf("--port") + 1]);
  const host = await WorkerHost.start<any, any, any>({ module: new URL("./server/worker.ts", import.meta.url), name: "server", init: { runId: "x", startedAtMs: Date.now(), settings: { requirePassword: "", maxClients: 10000, timeoutSeconds: 0, maxMemoryBytes: 0 }, emptyTag: "hash-empty" }, onMessage() {}, onDeath(e) { console.error(e); Deno.exit(70); } });
  host.post({ kind: "listen", listen: { host: "127.0.0.1", port } });
  await new Promise(() => setInterval(() => {}, 1e6));
}
const a = Deno.args; const get=(n:string)=>a[a.indexOf(n)+1]!;
const topo = JSON.parse(await Deno.readTextFile(get("--topology")));
const ranges = topo.slots.map((s:any)=>({first:s.range[0],last:s.range[1],route:{kind:"direct",address:topo.groups[s.owner].servers[0].addr}}));
const host = await WorkerHost.start<any,any,any>({module:new URL("./proxy/worker.ts", import.meta.url),name:"w",init:{options:{session:{clientCountMax:10000,pipelineMax:10000,outputBytesHigh:1<<20,idleTimeoutMs:0},redirect:{redirectTimeoutMs:5000,heldBytesMax:64<<20},pendingMax:1<<20,stashBytesMax:64<<20,serverTimeoutMs:30000,emptyTag:"hash-empty",password:"",serverUser:"",serverPassword:"",firstClientId:1}},onMessage(m){},onDeath(e){console.error(e);Deno.exit(70)}});
host.post({kind:"routes",json:JSON.stringify({epoch:1,ranges})});
host.post({kind:"listen",listen:{host:"127.0.0.1",port:Number(get("--port"))}});
setInterval(()=>{},1e6);
