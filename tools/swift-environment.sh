# For scripts that build: `source tools/swift-environment.sh`.
# SwiftPM hands a package's traits to the compiler in the order of a set, which the seed of Swift's hashes decides. Where the order is another
# than that of the last build, everything is compiled again; one seed for all builds keeps it.
export SWIFT_DETERMINISTIC_HASHING=1
