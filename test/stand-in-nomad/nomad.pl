#!/usr/bin/perl
# A stand-in for HashiCorp's Nomad, for tests only: it runs no jobs. It answers the commands and the paths that roles/nomad
# asks, elects a leader among the servers it can reach, and dies of what the real one dies of. perl-base is enough for it.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;

my $VERSION = '@VERSION@';
my @BLOCKS = qw(server client ports consul acl advertise server_join telemetry tls plugin vault ui);
my @SETTINGS = qw(data_dir datacenter region name log_level bind_addr enabled bootstrap_expect encrypt network_interface
  retry_join retry_max retry_interval http rpc serf address grpc_address token_ttl policy_ttl);

my ($command, @rest) = @ARGV;
$command //= '';
if ($command eq 'version' or $command eq '-version' or $command eq '--version') {
  print "Nomad v$VERSION\nBuildDate 1970-01-01T00:00:00Z\nRevision stand-in-for-tests\n";
} elsif ($command eq 'config' and ($rest[0] // '') eq 'validate') {
  shift @rest;
  if (grep { /^--?h(elp)?$/ } @rest) { print "Usage: nomad config validate <config_path>\n"; exit 0 }
  load(@rest);
  print "Configuration is valid!\n";
} elsif ($command eq 'agent') {
  agent(load(grep { !/^-/ } @rest));
} else {
  print STDERR "Usage: nomad [--version] [--help] <command> [<args>]\n";
  exit 127;
}

# Reads files and directories of HCL in the order of their names; what comes later wins.
sub load {
  my @files = map { -d $_ ? sort(glob "$_/*.hcl") : $_ } @_;
  refuse("no configuration in @_") unless @files;
  my %config;
  parse($_, \%config) for @files;
  refuse('Must specify "data_dir" config option') unless $config{data_dir};
  refuse('Must have at least client or server mode enabled')
    unless ($config{'server.enabled'} // '') eq 'true' or ($config{'client.enabled'} // '') eq 'true';
  my $interface = $config{'client.network_interface'};
  refuse("fingerprint error: network_interface $interface not found")
    if $command eq 'agent' and $interface and not -e "/sys/class/net/$interface";
  return \%config;
}

# The part of HCL that the role's templates use: blocks, and settings of one value or a list.
sub parse {
  my ($file, $config) = @_;
  open my $in, '<', $file or refuse("$file: $!");
  my $text = join '', <$in>;
  $text =~ s/^\s*#.*$//mg;
  my @path;
  while ($text =~ /\G\s*(?:(\w+)\s*\{|(\w+)\s*=\s*(\[[^\]]*\]|"[^"\n]*"|[\w.]+)|(\}))/gc) {
    if (defined $1) {
      refuse("$file: unexpected block $1") unless grep { $_ eq $1 } @BLOCKS;
      push @path, $1;
    } elsif (defined $2) {
      my ($key, $value) = ($2, $3);
      refuse("$file: unexpected key $key") unless grep { $_ eq $key } @SETTINGS;
      $value =~ s/^"(.*)"$/$1/;
      $config->{join '.', @path, $key} = $value;
    } else {
      refuse("$file: unexpected }") unless @path;
      pop @path;
    }
  }
  refuse("$file: cannot be read: " . substr($text, pos($text) // 0, 40)) if substr($text, pos($text) // 0) =~ /\S/;
  refuse("$file: block $path[-1] is not closed") if @path;
}

sub refuse {
  print STDERR "==> @_\n";
  exit 1;
}

sub agent {
  my ($config) = @_;
  my $is_server = ($config->{'server.enabled'} // '') eq 'true';
  my $is_client = ($config->{'client.enabled'} // '') eq 'true';
  my $expect = $config->{'server.bootstrap_expect'} // 1;
  my $port = $config->{'ports.http'} // 4646;
  my $rpc = $config->{'ports.rpc'} // 4647;
  my $self = $config->{'advertise.rpc'} // '127.0.0.1';
  my $join = $config->{$is_server ? 'server.server_join.retry_join' : 'client.server_join.retry_join'} // '';
  my @peers = grep { $_ ne $self } $join =~ /"([^"]+)"/g;
  mkdir "$config->{data_dir}/$_" for $is_server ? 'server' : (), $is_client ? 'client' : ();

  # A child asks the others, so that this process always answers them at once.
  pipe my $news, my $teller or die $!;
  my $main = $$;
  if (!fork) {
    close $news;
    $teller->autoflush(1);
    $SIG{PIPE} = sub { exit };
    while (getppid == $main) {
      print $teller join(' ', grep { ask($_, $port) } @peers), "\n";
      select undef, undef, undef, 0.5;
    }
    exit;
  }
  close $teller;

  # Real agents leave with 1 when they are told to stop without leaving the cluster.
  $SIG{TERM} = $SIG{INT} = sub { print "==> Caught signal, exiting\n"; exit 1 };
  $SIG{HUP} = sub { print "==> Caught signal: hangup, reloading\n" };
  my $listener = IO::Socket::INET->new(LocalAddr => $config->{bind_addr} // '0.0.0.0', LocalPort => $port, Listen => 64, ReuseAddr => 1)
    or refuse("bind $port: $@");
  print "==> Nomad agent started! (a stand-in for tests: it runs no jobs)\n";

  my @alive;
  my $select = IO::Select->new($listener, $news);
  while (1) {
    for my $ready ($select->can_read) {
      if ($ready == $news) {
        defined(my $line = <$news>) or exit 1;
        @alive = split ' ', $line;
        next;
      }
      my $connection = $listener->accept or next;
      my @servers = sort { $a cmp $b } @alive, $is_server ? $self : ();
      my $quorum = $is_server ? int($expect / 2) + 1 : 1;
      my $leader = @servers >= $quorum ? "$servers[0]:$rpc" : '';
      my $spare = @servers - (int($expect / 2) + 1);
      answer($connection, {
        '/v1/status/leader' => [$leader ne '' || !$is_server ? 200 : 500, qq("$leader")],
        '/v1/agent/health?type=server' => [$is_server && $leader ne '' ? 200 : 500, '{"server":{"ok":true,"message":"ok"}}'],
        '/v1/agent/health?type=client' => [$is_client && $leader ne '' ? 200 : 500, '{"client":{"ok":true,"message":"ok"}}'],
        '/v1/operator/autopilot/health' => [$spare >= 0 ? 200 : 429, qq({"Healthy":true,"FailureTolerance":$spare})],
        '/v1/agent/self' => [200, qq({"member":{"Name":"$self"}})],
      });
    }
  }
}

sub answer {
  my ($connection, $pages) = @_;
  $connection->timeout(2);
  my $request = <$connection> // '';
  while (defined(my $header = <$connection>)) { last if $header =~ /^\r?\n$/ }
  my $page = $request =~ m{^GET (\S+) HTTP} ? $pages->{$1} : undef;
  my ($status, $body) = $page ? @$page : (404, '');
  print $connection "HTTP/1.1 $status -\r\nContent-Type: application/json\r\nContent-Length: ", length $body, "\r\nConnection: close\r\n\r\n$body";
  close $connection;
}

sub ask {
  my ($host, $port) = @_;
  my $socket = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port, Timeout => 1) or return 0;
  print $socket "GET /v1/agent/self HTTP/1.0\r\n\r\n";
  return IO::Select->new($socket)->can_read(1) && (<$socket> // '') =~ / 200 /;
}
