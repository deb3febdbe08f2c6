// What the choice of kernels asks of the module of this name, which needs a C library: to check the types of that choice for arm64.

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
