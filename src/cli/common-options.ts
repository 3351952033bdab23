import type { OptionGroup } from "./command.ts";

/** Options that several commands share, with Ansible's names. */

export const HOST_OPTIONS: OptionGroup = {
  title: "Hosts",
  options: [
    {
      name: "inventory",
      short: "i",
      aliases: ["inventory-file"],
      type: "values",
      metavar: "SOURCE",
      summary: "Inventory file, directory or program, or a list such as `web1,web2,`; repeatable",
    },
    {
      name: "limit",
      short: "l",
      type: "values",
      metavar: "PATTERN",
      summary: "Only these of the hosts: names, groups, `a:&b:!c`, or `@file` with a line for each",
    },
  ],
};

export const VARIABLE_OPTIONS: OptionGroup = {
  title: "Variables and secrets",
  options: [
    {
      name: "extra-vars",
      short: "e",
      type: "values",
      metavar: "VARS",
      summary: "Variables that win over all others: `k=v k2=v2`, JSON, or `@file`; repeatable",
    },
    {
      name: "vault-id",
      type: "values",
      metavar: "[LABEL@]SOURCE",
      summary: "Vault password: a file, a program or `prompt`; repeatable",
    },
    {
      name: "vault-password-file",
      aliases: ["vault-pass-file"],
      type: "values",
      metavar: "FILE",
      summary: "File or program with the vault password",
    },
    {
      name: "ask-vault-pass",
      short: "J",
      aliases: ["ask-vault-password"],
      type: "flag",
      summary: "Ask for the vault password",
    },
  ],
};

export const CONNECTION_OPTIONS: OptionGroup = {
  title: "Connection",
  options: [
    { name: "user", short: "u", type: "value", metavar: "NAME", summary: "User to log in as" },
    {
      name: "private-key",
      aliases: ["key-file"],
      type: "value",
      metavar: "FILE",
      summary: "Private key to log in with",
    },
    { name: "ask-pass", short: "k", type: "flag", summary: "Ask for the login password" },
    {
      name: "connection-password-file",
      aliases: ["conn-pass-file"],
      type: "value",
      metavar: "FILE",
      summary: "File with the login password",
    },
    {
      name: "connection",
      short: "c",
      type: "value",
      metavar: "KIND",
      choices: ["ssh", "openssh", "local"],
      silentChoices: ["smart", "paramiko", "paramiko_ssh"],
      summary: "How to reach hosts; openssh is the system's own ssh",
    },
    { name: "timeout", short: "T", type: "value", metavar: "SECONDS", summary: "Time to connect" },
    {
      name: "host-key-checking",
      type: "value",
      metavar: "MODE",
      choices: ["yes", "accept-new", "no"],
      summary: "What to do about host keys that known_hosts does not have; `no` accepts any key",
    },
    { name: "ssh-common-args", type: "value", metavar: "ARGS", summary: "Further arguments, as ssh takes them" },
    { name: "ssh-extra-args", type: "value", metavar: "ARGS", summary: "The same, for ssh only" },
  ],
};

export const BECOME_OPTIONS: OptionGroup = {
  title: "Becoming another user",
  options: [
    { name: "become", short: "b", type: "flag", summary: "Run tasks as another user (root unless said otherwise)" },
    { name: "become-user", type: "value", metavar: "NAME", summary: "That user" },
    { name: "become-method", type: "value", metavar: "METHOD", choices: ["sudo", "su"], summary: "How to become it" },
    {
      name: "ask-become-pass",
      short: "K",
      type: "flag",
      summary: "Ask for its password (for sudo: your own on the host)",
    },
    {
      name: "become-password-file",
      aliases: ["become-pass-file"],
      type: "value",
      metavar: "FILE",
      summary: "File with that password",
    },
  ],
};

export const OUTPUT_OPTIONS: OptionGroup = {
  title: "Output",
  options: [
    {
      name: "output",
      type: "value",
      metavar: "KIND",
      choices: ["live", "plain", "json"],
      summary: "live on a terminal, plain lines, or one JSON event a line",
    },
    { name: "verbose", short: "v", type: "count", summary: "More: -v results, -vv places and times, -vvv connections" },
    { name: "profile", type: "flag", summary: "Close with tables of where the time went" },
    { name: "color", type: "flag", summary: "Colour even where there is no terminal" },
    { name: "no-color", type: "flag", summary: "No colour; NO_COLOR does the same" },
  ],
};
