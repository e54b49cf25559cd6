"""The CTL client: an installable program for a workstation, which speaks to CTL Providers and knows no server's
insides (CTL-23, CTL-44)."""
