server {
  enabled = true
  bootstrap_expect = 3
  # Encrypt gossip communication
#  encrypt = ymmR+IzfYBw/ZbX6svpYELn0NhPckdUxlDpUqzohqi4=
  server_join {
    retry_join = [
      "192.168.1.11",
      "192.168.1.12",
      "192.168.1.13"
    ]
  }
}

data_dir  = "/data/nomad/data"
datacenter = "dc1"

bind_addr = "0.0.0.0"

advertise {
  http = "192.168.1.11"
  rpc  = "192.168.1.11"
  serf = "192.168.1.11"
}

ports {
  http = 4646
  rpc  = 4647
  serf = 4648
}

consul {
  address = "127.0.0.1:8500"
}

acl {
  enabled    = false
  token_ttl  = "30s"
  policy_ttl = "60s"
}
