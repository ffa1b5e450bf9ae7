// `node sdk.cjs SDK_FOLDER BASE PHOTO`, beside a node_modules with the npm package `api`; key in KEY.
// Walks through the server with the SDK that `api install` made of a description: nothing of it is changed.
const path = require("node:path");

const [folder, base, photo] = process.argv.slice(2);
const sdk = require(path.resolve(folder));
const sleep = (ms) => new Promise((go) => setTimeout(go, ms));

async function refused(call, status) {
  try {
    await call();
  } catch (error) {
    if (error.status === status && error.data && error.data.kind) return console.log(status, error.data.kind);
    throw error;
  }
  throw new Error(`not refused with ${status}`);
}

async function main() {
  sdk.server(base);
  sdk.auth("somebody", "else");
  await refused(() => sdk.getCredits(), 401);
  sdk.auth(...process.env.KEY.split(":"));
  console.log("credits", (await sdk.getCredits()).data.remaining);
  const upload = sdk.uploadImage || sdk.uploadAnImage;
  const image = (await upload.call(sdk, { image: path.resolve(photo) })).data;
  console.log("image", image.id.slice(0, 4));
  const body = { source_url: image.url, script: { type: "text", input: "Hello there." } };
  const { id } = (await sdk.createTalk(body)).data;
  let talk;
  for (let k = 0; k < 300; k += 1) {
    talk = (await sdk.getTalk({ id })).data;
    if (["done", "error", "rejected"].includes(talk.status)) break;
    await sleep(200);
  }
  const video = Buffer.from(await (await fetch(talk.result_url)).arrayBuffer());
  if (video.toString("latin1", 4, 8) !== "ftyp") throw new Error("no video");
  console.log("talk", talk.status, video.length, "bytes");
  const listed = (await sdk.getTalks({ limit: 1 })).data.talks;
  if (listed[0].id !== id) throw new Error("not listed");
  console.log("deleted", (await sdk.deleteTalk({ id })).data.id === id);
  await refused(() => sdk.getTalk({ id }), 404);
  console.log("image deleted", (await sdk.deleteImage({ id: image.id })).status);
}

main().catch((error) => {
  console.error(error.status || "", error.data || "", error);
  process.exit(1);
});
