# The environment of scripts that build: `source tools/swift-environment.sh`.
# SwiftPM passes a package's traits to the compiler in the order of a set, which depends on the seed
# of Swift's hashes. If the order differs from that of the last build, everything is compiled again.
# A fixed seed for all builds avoids that.
export SWIFT_DETERMINISTIC_HASHING=1
