/// What the system grants the control group of this process, and those that it lies in (versions 2 and 1). A container mostly sees
/// its own group as the outermost one.
package struct ControlGroup {
  /// The group of this process.
  package static let current = ControlGroup(root: "")

  /// The folder that stands for `/`.
  private let root: String
  /// The path of the group in the hierarchy of each controller; that of version 2 under the empty name.
  private let paths: [String: String]

  /// - Parameter root: The folder in which `proc` and `sys` lie; empty for those of the system.
  package init(root: String) {
    self.root = root
    var paths: [String: String] = [:]
    for line in (SystemFile.text(root + "/proc/self/cgroup") ?? "").split(separator: "\n") {
      // Number, controllers, path: `4:cpu,cpuacct:/docker/a1`, or `0::/a` for version 2.
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      for controller in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
        paths[String(controller)] = String(parts[2])
      }
    }
    self.paths = paths
  }

  /// The most bytes of memory.
  package var memoryLimit: Int? {
    let limits =
      folders(of: "", in: ["", "unified"]).map { numbers(inFile: $0 + "memory.max")?.first }
      + folders(of: "memory", in: ["memory"]).map { numbers(inFile: $0 + "memory.limit_in_bytes")?.first }
    return limits.compactMap { $0 }.min()
  }

  /// The processors whose time it may use.
  package var processorLimit: Double? {
    let shares =
      folders(of: "", in: ["", "unified"]).map { numbers(inFile: $0 + "cpu.max") }
      + folders(of: "cpu", in: ["cpu", "cpu,cpuacct"]).map { folder in
        numbers(inFile: folder + "cpu.cfs_quota_us").flatMap { quota in
          numbers(inFile: folder + "cpu.cfs_period_us").map { quota + $0 }
        }
      }
    return shares.compactMap { $0 }.filter { $0.count == 2 }.map { Double($0[0]) / Double($0[1]) }.min()
  }

  /// The folders of the group and of those that it lies in, in the hierarchy that is mounted at one of `mounts`.
  private func folders(of controller: String, in mounts: [String]) -> [String] {
    var prefixes = [""]
    // A path that leads out of what is mounted names a group that cannot be seen here.
    for part in (paths[controller] ?? "").split(separator: "/").prefix(64).prefix(while: { $0 != ".." }) {
      prefixes.append(prefixes.last! + part + "/")
    }
    return mounts.flatMap { mount in
      prefixes.map { root + "/sys/fs/cgroup/" + (mount.isEmpty ? "" : mount + "/") + $0 }
    }
  }

  /// The positive numbers of a line; `nil` where something else stands there, like `max` or −1.
  private func numbers(inFile path: String) -> [Int]? {
    guard let words = SystemFile.text(path)?.split(whereSeparator: \.isWhitespace) else { return nil }
    let numbers = words.compactMap { Int($0) }
    return numbers.count == words.count && !numbers.isEmpty && numbers.allSatisfy { $0 > 0 } ? numbers : nil
  }
}
