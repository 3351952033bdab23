/** Arguments of dnf that say how it goes about anything; named as Ansible's. */
export interface DnfSettings {
  readonly conf_file?: string | undefined;
  readonly disablerepo?: readonly string[] | undefined;
  readonly enablerepo?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  readonly disable_plugin?: readonly string[] | undefined;
  readonly enable_plugin?: readonly string[] | undefined;
  readonly releasever?: string | undefined;
  readonly disable_gpg_check?: boolean | undefined;
  readonly skip_broken?: boolean | undefined;
  readonly allowerasing?: boolean | undefined;
  readonly nobest?: boolean | undefined;
  readonly best?: boolean | undefined;
  readonly disable_excludes?: string | undefined;
  readonly cacheonly?: boolean | undefined;
  readonly installroot?: string | undefined;
  readonly download_only?: boolean | undefined;
  readonly download_dir?: string | undefined;
  readonly install_weak_deps?: boolean | undefined;
  readonly validate_certs?: boolean | undefined;
  readonly sslverify?: boolean | undefined;
  readonly autoremove?: boolean | undefined;
}

/** The options of dnf's command line for them. */
export function dnfOptions(args: DnfSettings): readonly string[] {
  const set = (name: string, value: string) => [`--setopt=${name}=${value}`];
  const each = (option: string, values: readonly string[] = []) => values.map((value) => `--${option}=${value}`);
  const one = (option: string, value: string | undefined) => (value === undefined ? [] : [`--${option}=${value}`]);
  const { installroot = "/" } = args;
  return [
    ...(args.conf_file === undefined ? [] : ["-c", args.conf_file]),
    ...each("disablerepo", args.disablerepo),
    ...each("enablerepo", args.enablerepo),
    ...each("exclude", args.exclude),
    ...each("disableplugin", args.disable_plugin),
    ...each("enableplugin", args.enable_plugin),
    ...one("releasever", args.releasever),
    ...(args.disable_gpg_check ? ["--nogpgcheck"] : []),
    ...(args.skip_broken ? ["--skip-broken"] : []),
    ...(args.allowerasing ? ["--allowerasing"] : []),
    ...(args.nobest || args.best === false ? ["--nobest"] : []),
    ...(args.best === true ? ["--best"] : []),
    ...one("disableexcludes", args.disable_excludes),
    ...(args.cacheonly ? ["--cacheonly"] : []),
    ...(installroot === "/" ? [] : [`--installroot=${installroot}`]),
    ...(args.download_only ? ["--downloadonly", ...one("destdir", args.download_dir)] : []),
    ...(args.install_weak_deps === false ? set("install_weak_deps", "False") : []),
    ...(args.validate_certs === false || args.sslverify === false ? set("sslverify", "0") : []),
    ...(args.autoremove ? set("clean_requirements_on_remove", "True") : []),
  ];
}
