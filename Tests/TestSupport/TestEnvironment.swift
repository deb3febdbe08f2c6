import Foundation

/// The folder of the package's sources.
public let repositoryFolder = String(#filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 })

/// Whether the tests were compiled with optimization.
public var isOptimizedBuild: Bool {
  #if DEBUG
    false
  #else
    true
  #endif
}

/// Whether tests that pick samples of many cases are to go through all of them: `INFOLD_EXHAUSTIVE=1`. That takes minutes.
public let isExhaustive = ProcessInfo.processInfo.environment["INFOLD_EXHAUSTIVE"] == "1"

/// The bytes of memory that the process has in use.
public func residentBytes() throws -> Int {
  let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")[1]
  return Int(pages)! * 4096
}

/// How long a run that is to end soon may take: two seconds, times what a sanitizer makes it slower (`INFOLD_SLOWDOWN`).
public let soon = Duration.seconds(2 * (Int(ProcessInfo.processInfo.environment["INFOLD_SLOWDOWN"] ?? "") ?? 1))
