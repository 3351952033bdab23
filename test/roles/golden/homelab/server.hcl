server {
  enabled = true
  bootstrap_expect = 1
  # Encrypt gossip communication
#  encrypt = ymmR+IzfYBw/ZbX6svpYELn0NhPckdUxlDpUqzohqi4=
}

data_dir  = "/data/nomad/data"
datacenter = "dc1"

bind_addr = "0.0.0.0"

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
