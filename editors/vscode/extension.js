// Starts `nnspec lsp` and hands it every document of the language `nnspec`.
const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

function activate() {
  const [command, ...args] = workspace.getConfiguration("nnspec").get("command");
  client = new LanguageClient("nnspec", "nnspec", { command, args }, { documentSelector: [{ language: "nnspec" }] });
  return client.start();
}

function deactivate() {
  return client?.stop();
}

module.exports = { activate, deactivate };
