import { sh } from "../../task/sh.ts";
import { type FactSource, linesOf } from "./fact-source.ts";

/** Logical volumes, which only root may ask for. A name of the device mapper stands for its number. */
export const logicalVolumes: FactSource = {
  name: "lvm",
  gives: /^lvm$/,
  aliases: ["hardware"],
  needs: ["platform"],
  script: sh`s lvm
    if [ "$(id -u)" = 0 ] && command -v vgs >/dev/null; then
      o='--noheadings --nosuffix --units g --separator ,'; echo asked
      s lvm_groups; vgs $o; s lvm_volumes; lvs $o
      s lvm_disks; pvs $o | while IFS=, read -r d rest; do
        for m in /dev/mapper/*; do [ -e "$m" ] && [ "$(readlink -f "$m")" = "\${d#"\${d%%[! ]*}"}" ] && d=$m; done
        echo "$d,$rest"
      done
    fi`,
  parse(sections) {
    if (sections("lvm").trim() === "") return { lvm: "N/A" };
    const rows = (name: string) => linesOf(sections(name)).map((line) => line.trim().split(","));
    const groups = rows("lvm_groups").map((row) => [
      row[0],
      { size_g: row.at(-2), free_g: row.at(-1), num_lvs: row[2], num_pvs: row[1] },
    ]);
    const volumes = rows("lvm_volumes").map((row) => [row[0], { size_g: row[3], vg: row[1] }]);
    const disks = rows("lvm_disks").map((row) => [row[0], { size_g: row[4], free_g: row[5], vg: row[1] }]);
    return {
      lvm: {
        lvs: Object.fromEntries(volumes) as unknown,
        vgs: Object.fromEntries(groups) as unknown,
        pvs: Object.fromEntries(disks) as unknown,
      },
    };
  },
};

/** Names under which the host is known to storage elsewhere. */
export const iscsi: FactSource = {
  name: "iscsi",
  gives: /^iscsi_iqn$/,
  script: sh`s iscsi; cat /etc/iscsi/initiatorname.iscsi`,
  parse: (sections) => ({ iscsi_iqn: /^InitiatorName=(.*)$/m.exec(sections("iscsi"))?.[1] ?? "" }),
};

export const nvme: FactSource = {
  name: "nvme",
  gives: /^hostnqn$/,
  script: sh`s nvme; cat /etc/nvme/hostnqn`,
  parse: (sections) => ({ hostnqn: /^\s*(nqn\..*?)\s*$/m.exec(sections("nvme"))?.[1] ?? "" }),
};

export const fibreChannel: FactSource = {
  name: "fibre_channel_wwn",
  gives: /^fibre_channel_wwn$/,
  script: sh`s fibre_channel; cat /sys/class/fc_host/*/port_name`,
  parse: (sections) => ({
    fibre_channel_wwn: linesOf(sections("fibre_channel")).map((line) => line.trim().slice(2)),
  }),
};
