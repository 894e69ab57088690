/** What a text of code is by its content alone: a command line, a query, or something that is only shown. */

const programs = new Set(
  `7z ab ack ag airflow alembic alias amtool ansible ansible-galaxy ansible-inventory ansible-playbook ant apk apt apt-cache apt-get apt-key aptitude argocd aria2c arp asadmin at atq awk aws az azcopy b2 base64 basename bash bats bazel bc borg brctl brew bundle bunx cal calicoctl cargo cat cd ceph ceph-volume certbot certtool chattr chef-client chgrp chmod chown chroot chronyc cilium clickhouse-client cloud-init cmake cmp cockroach composer conda conntrack consul cosign cp cqlsh crane createdb createuser crictl cron crontab cryptsetup cscli csplit ctr curl cut cypher-shell dapr date dbt dd ddrescue declare deno dep depmod dev df diff dig dirname dive django-admin dmesg dmidecode dnf dnsmasq docker docker-compose doctl dos2unix dotnet dpkg dpkg-reconfigure drush dropdb du dvc echo eksctl env envsubst erl esbuild eslint etcdctl etcdutl ethtool eval exec exit expand export expr fallocate false fdisk ffmpeg ffprobe file find findmnt firebase firewall-cmd flask flux flyctl fold free fsck fsfreeze fuser g++ gcc gcloud gdb gem getent getfacl getopt gh git gitlab-rails gitlab-ctl gitlab-runner glab gluster gnuplot go goose gpg gpg2 gradle gradlew grep groups growpart grpcurl gsutil gunicorn gunzip gzip haproxy head helm helmfile heroku hexdump hey host hostname hostnamectl htpasswd http httpie hwclock iconv id ifconfig influx insmod install iostat ip iperf iperf3 ipmitool iptables iptables-save ipvsadm iscsiadm istioctl jar java javac jmap journalctl jps jq jstack jstat jupyter k k3s k6 k9s kafka-configs kafka-configs.sh kafka-console-consumer kafka-console-consumer.sh kafka-console-producer kafka-consumer-groups kafka-consumer-groups.sh kafka-topics kafka-topics.sh kcat keytool kill killall kind knife kops kubeadm kubectl kubectx kubens kubeseal kustomize lastlog ldapadd ldapmodify ldapsearch ldd ledctl liquibase ln loadtest locale localectl locust logger logrotate losetup ls lsattr lsblk lscpu lsmod lsof lspci lvcreate lvdisplay lvextend lvm lvremove lvs lynx lz4 mailq mail make man mc md5 md5sum mdadm meson micromamba minikube mix mkcert mkdir mkfifo mkfs mkfs.ext4 mkfs.xfs mknod mkswap mktemp modprobe mongo mongodump mongoexport mongoimport mongorestore mongosh mount mtr multipath mv mvn mypy mysql mysqladmin mysqlbinlog mysqlcheck mysqldump mysqlpump nats nc ncat ncdu needrestart netcat netstat newman newrelic nft nginx nice nmap nmcli node nodetool nohup nomad npm npx nslookup nsenter nsupdate ntpdate ntpq numactl nvidia-smi nvme oc openssl openstack opa ovs-vsctl packer pandoc parted partprobe passwd paste patch patronictl perl pg_basebackup pg_ctl pg_ctlcluster pg_dump pg_dumpall pg_isready pg_repack pg_restore pg_rewind pg_upgrade pg_verifybackup pgbackrest pgbench pgbouncer pgloader pgrep php pigz ping ping6 pip pip3 pipenv pkexec pkill playwright pm2 pmap pnpm podman podman-compose poetry postcat postconf postfix postmap postqueue postsuper printenv printf prisma prometheus promtool proxysql-admin ps psql pssh pstree pulumi puppet pv pvcreate pvdisplay pvresize pvs pwd pwgen py pyenv pytest python python2 python3 qemu-img qshape quota rabbitmq-diagnostics rabbitmqadmin rabbitmqctl rails rake rbd rclone read readlink realpath reboot redis-benchmark redis-cli redis-server repmgr reset resize2fs restic rg rm rmdir rndc rosa route rpm rspec rsync ruby ruff runuser rustc rustup s3cmd sar scp sed semanage seq serverless service sestatus set setenforce setfacl setsid sfdisk sftp sh sha1sum sha256sum sha512sum shasum showmount shred shutdown siege skaffold skopeo sleep smartctl smbclient snap snmpget snmpwalk socat sops sort source splunk spark-submit sqlcmd sqlite3 sqlplus sqoop ss ssh ssh-add ssh-agent ssh-copy-id ssh-keygen ssh-keyscan stat stern strace stress strings stty su sudo supervisorctl svn swaks swapoff swapon swift sync sysbench sysctl systemctl systemd-analyze systemd-run tac tail talosctl tar task tc tcpdump tee telnet temporal terraform terragrunt test testssl.sh tfsec tig time timedatectl timeout tkn tofu touch tput tr traceroute tree trino trivy true truncate tsc tshark tune2fs turbo twine udevadm ufw ulimit umask umount uname unexpand uniq unset unzip update-ca-certificates update-grub uptime useradd userdel usermod uuidgen uv uvicorn uvx vacuumdb vagrant vault vegeta velero vgcreate vgdisplay vgextend vgs virsh virtualenv visudo vmstat vtctlclient wait watchman wc wg wget whereis which who whoami whois wipefs wrk wsl x509 xargs xfs_growfs xmllint xxd xz yamllint yarn yes yq yum zabbix_get zcat zdb zfs zgrep zip zkCli.sh zookeeper-shell zpool zypper`.split(
    /\s+/,
  ),
);
/** Programs that are commands without any argument. */
const alone = new Set('pytest make ls pwd whoami df lsblk dmesg mailq printenv nvidia-smi reboot'.split(' '));

const keyword =
  /^(?:for \w+ in\b|for \(\(|(?:while|until) (?:.*[;]|read\b|true\b|!|\[)|if (?:.*[;]|!|\[|test\b|grep\b)|case .+ in\b|function \w+|export \w+|set [-+]\w|(?:local|readonly|declare|typeset) [-\w])|^(?:\{ (?!["'}\w-]+\s*:|["'][^"']*["']\s*:)|\( |\[\[ |\[ (?![{\d\]]|["'][^"']*["']\s*[,\]]))|^[A-Za-z_]\w*\(\)\s*\{/;
const assignment = /^(?:[A-Za-z_]\w*=(?:"(?:[^"\\]|\\.)*"|'[^']*'|\$\([^)]*\)|[^\s"'])*\s+)+/;

/** Does this line read as a command, and not as a name, a value, a path or prose? */
export function isCommand(text: string): boolean {
  const bare = text.trim().replace(/^\$ /, '');
  const line = bare.replace(assignment, '').replace(/^(?:sudo|doas|time|nohup|exec|command|env)(?: -{1,2}[\w-]+(?:[ =]\w+)?)* (?=\S)/, '');
  if (line === '' || /^[`<>|&;)]|^exit (?:code|status)\b/.test(line)) return false;
  if (/^(?:sudo|doas|nohup|exec|env) /.test(bare.replace(assignment, ''))) return true;
  const [program = '', ...rest] = line.split(/\s+/);
  const name = program.replace(/^\\/, '');
  if (/^[<>=!\u2264\u2265]/.test(rest[0] ?? '') && rest.length <= 3) return false;
  if (rest.length === 0 && isScript(name) && name.includes('/')) return true;
  if (/^[\w.-]+(?:\/[\w.-]+)+$/.test(name)) return rest.length > 0 && !isProse(rest);
  if (/^(?:\.{1,2}|~)?\/[\w./@+-]+$/.test(name)) return /^\.{1,2}\//.test(name) || rest.length > 0;
  if (/^"?\$\{?[A-Z_]+\}?"?(?:\/[\w./-]+)?$/.test(name)) return rest.length > 0;
  if (programs.has(name) || /^(?:python|pip|ruby|php|perl|node|java|gcc)[\d.]+$/.test(name) || /^[\w-]+\.(?:sh|py|rb|pl)$/.test(name))
    return rest.length > 0 ? !isProse(rest) : alone.has(name);
  // A program nobody knows is one by its options, its pipe or its redirection.
  return (
    /^[a-z][\w.+-]*$/.test(name) &&
    rest.length > 0 &&
    !isProse(rest) &&
    /\s-{1,2}[A-Za-z][\w-]*(?:[= ]|$)|\s\|\s+[a-z]|\s(?:>|>>|2>)\s*[\w./~-]*[./]\S/.test(line)
  );
}

/** `./check.sh`, `scripts/load.py`: a file that is a program by its ending. */
export function isScript(name: string): boolean {
  return /^(?:\.{0,2}\/)?(?:[\w@+.-]+\/)*[\w@+-]+\.(?:sh|bash|zsh|py|rb|pl)$/.test(name);
}

/** "make sure that it works", "find the pod": words of a sentence behind a program's name. */
function isProse(words: readonly string[]): boolean {
  const first = words[0]?.toLowerCase().replace(/[,.:;]$/, '') ?? '';
  return (
    /^(?:the|a|an|that|this|these|sure|it|its|your|our|of|is|are|was|and|or|to|for|with|which|in|on|at|from|by|out)$/.test(first) &&
    words.every((word) => !/^-|[$|/=<>{}]/.test(word))
  );
}

export type ContentMeaning = 'shell' | 'sql' | 'reference' | 'unknown';

/** What a block without language is, by its content. */
export function contentMeaning(text: string): ContentMeaning {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const bare = lines.filter((line) => !/^\s*(?:#|--|\/\/)/.test(line));
  const first = bare[0]?.trim() ?? '';
  if (/^\s*# \S/.test(lines[0] ?? '') && isCommand((lines[0] ?? '').replace(/^\s*# /, '')) && !bare.some((line) => isCommand(line))) return 'shell';
  if (first === '') return lines.length === 0 ? 'reference' : 'unknown';
  if (isSql(text)) return 'sql';
  if (/^HTTP\/\d/.test(first)) return 'reference';
  if (/^HTTP\/\d/.test(first)) return 'reference';
  if (hasPrompt(lines[0] ?? '')) return 'shell';
  if (keyword.test(first) || isCommand(first) || (/^[A-Za-z_]\w*=\S/.test(first) && bare.length > 1 && isCommand(bare[1] ?? ''))) return 'shell';
  return isShown(bare) ? 'reference' : 'unknown';
}

function isSql(text: string): boolean {
  const bare = text.replace(/^\s*(?:--[^\n]*\n\s*)*/, '');
  if (/^(?:SELECT|WITH|INSERT INTO|UPDATE|DELETE FROM|CREATE|ALTER|DROP|TRUNCATE|TABLE|EXPLAIN|BEGIN|COPY|GRANT|REVOKE|VACUUM|ANALYZE|SHOW)\b/.test(bare))
    return true;
  return /^(?:select\b[\s\S]*\bfrom\b|select [\w(*]+\(?[\s\S]*;|with \w+ as \(|insert into |update \w+\s+set |delete from |create (?:table|index|view|role|database|extension)|alter (?:table|role|system|database) |drop (?:table|index|view) |truncate (?:table )?\w+;)/i.test(
    bare,
  );
}

function hasPrompt(line: string): boolean {
  return (
    /^\s*(?:\([\w.-]+\) )?(?:\[?[\w.-]+@[\w.-]+[^$%#\n]{0,40}\]?|[\w.-]+:[~/]\S*|[\w.-]{1,30})?\s?\$ \S/.test(line) ||
    /^\s*(?:\[?[\w.-]+@[\w.-]+[^$%#\n]{0,40}\]?|[\w.-]+:[~/]\S*|(?=[\w.]*[-\d.])[a-z][\w.-]{1,30}) ?# \S/.test(line)
  );
}

/** Data, configuration, logs, listings, tables: what a terminal or a file shows. */
function isShown(lines: readonly string[]): boolean {
  const first = lines[0]?.trim() ?? '';
  if (/^[{[<]/.test(first) || /^(?:HTTP\/\d|GET |POST |PUT |DELETE |PATCH |HEAD )/.test(first)) return true;
  if (/[\u2500-\u257f]/.test(lines.join('')) || /^\s*[|+][-|+ ]/.test(first)) return true;
  const shown = lines.filter((line) =>
    /^\s*[\w.$<>"'/-]+\s*[:=]\s?\S|^\s*[\w.-]+:\s*$|^\s*- \w|^\s*\[[^\]]+\]\s*$|^\s*\d[\d.,:]*(?:\s|$)|^\s*\d{4}-\d\d-\d\d|^[A-Z][A-Z_()/%-]*(?:\s{2,}\S+)+|\s{3,}\S|^\s*[A-Z][A-Z0-9_-]{2,}\b(?! \w+ \w+ \w+)|^\s*\w{3} +\d+ \d\d:\d\d|^\s*(?:\.{3}|\u2026)\s*$/.test(
      line,
    ),
  ).length;
  return shown * 2 >= lines.length;
}
