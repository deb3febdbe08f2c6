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

/// The seconds that a processor has worked for the calling thread. Unlike those of a clock, they do not pass while others have
/// the processor.
public func threadSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// What a thread may work, in seconds, for something small that is to end: some twenty times what takes longest, times
/// what a sanitizer makes it slower (`INFOLD_SLOWDOWN`).
public let smallWork = 20.0 * (Double(ProcessInfo.processInfo.environment["INFOLD_SLOWDOWN"] ?? "") ?? 1)
