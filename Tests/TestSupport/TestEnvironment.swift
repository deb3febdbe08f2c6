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

/// Whether tests that select samples of many cases should run all of them: `INFOLD_EXHAUSTIVE=1`. That takes minutes.
public let isExhaustive = ProcessInfo.processInfo.environment["INFOLD_EXHAUSTIVE"] == "1"

/// The resident memory of the process in bytes.
public func residentBytes() throws -> Int {
  let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")[1]
  return Int(pages)! * 4096
}

/// The processor time of the calling thread in seconds. Unlike elapsed time, it does not advance while other threads have the processor.
public func threadSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// The processor time, in seconds, that a small operation may take: about twenty times that of the longest one, times the slowdown of a
/// sanitizer (`INFOLD_SLOWDOWN`).
public let smallWork = 20.0 * (Double(ProcessInfo.processInfo.environment["INFOLD_SLOWDOWN"] ?? "") ?? 1)
