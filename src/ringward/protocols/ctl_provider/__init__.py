"""The wire between CTL client and CTL Provider (TLS, TCP 2444); ours, described in
docs/reference/ctl-provider-protocol.md."""
