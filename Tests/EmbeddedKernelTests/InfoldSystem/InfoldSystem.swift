// The part of `InfoldSystem` that `KernelChoice` uses, without the C library, so that the types of that choice are checked for arm64.

package struct InfoldError: Error {
  package enum Code { case invalidArgument }
  package init(_ code: Code, _ reason: String, hint: String) {}
}

package enum Environment {
  package static func variable(_ name: String) -> String? { nil }
}

package enum CacheSizes {
  package static let secondLevel: Int? = nil
}

extension String {
  package init(quoting text: String) { self = text }
}
