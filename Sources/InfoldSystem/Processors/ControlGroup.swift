/// The resource limits of this process's control group and the groups that contain it (cgroup
/// versions 1 and 2). In a container, the container's group usually appears as the root.
package struct ControlGroup {
  /// The control group of this process.
  package static let current = ControlGroup(root: "")

  /// The folder used as `/`.
  private let root: String
  /// The path of the group in the hierarchy of each controller. Version 2 uses the empty name.
  private let paths: [String: String]

  /// Reads the control group of this process.
  /// - Parameter root: The folder that contains `proc` and `sys`. Empty for the system's own.
  package init(root: String) {
    self.root = root
    var paths: [String: String] = [:]
    for line in (SystemFile.text(root + "/proc/self/cgroup") ?? "").split(separator: "\n") {
      // Number, controllers and path: `4:cpu,cpuacct:/docker/a1`, or `0::/a` for version 2.
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      for controller in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
        paths[String(controller)] = String(parts[2])
      }
    }
    self.paths = paths
  }

  /// The memory limit in bytes.
  package var memoryLimit: Int? {
    let limits =
      folders(of: "", in: ["", "unified"]).map { numbers(inFile: $0 + "memory.max")?.first }
      + folders(of: "memory", in: ["memory"]).map { numbers(inFile: $0 + "memory.limit_in_bytes")?.first }
    return limits.compactMap { $0 }.min()
  }

  /// The limit of processor time, in processors.
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

  /// Returns the folders of the group and the groups that contain it, in the hierarchy mounted at
  /// one of `mounts`.
  private func folders(of controller: String, in mounts: [String]) -> [String] {
    var prefixes = [""]
    // A path with `..` leads out of the mounted hierarchy, to a group that is not visible here.
    for part in (paths[controller] ?? "").split(separator: "/").prefix(64).prefix(while: { $0 != ".." }) {
      prefixes.append(prefixes.last! + part + "/")
    }
    return mounts.flatMap { mount in
      prefixes.map { root + "/sys/fs/cgroup/" + (mount.isEmpty ? "" : mount + "/") + $0 }
    }
  }

  /// Returns the positive numbers in a file, or `nil` if it contains anything else, such as `max`
  /// or −1.
  private func numbers(inFile path: String) -> [Int]? {
    guard let words = SystemFile.text(path)?.split(whereSeparator: \.isWhitespace) else { return nil }
    let numbers = words.compactMap { Int($0) }
    return numbers.count == words.count && !numbers.isEmpty && numbers.allSatisfy { $0 > 0 } ? numbers : nil
  }
}
