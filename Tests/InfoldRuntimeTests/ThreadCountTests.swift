import InfoldRuntime
import InfoldSystem
import TestSupport
import Testing

/// The number of threads: the options take precedence over the environment, and the environment over the available processors.
@Suite struct ThreadCountTests {
  @Test func optionsComeFirst() throws {
    #expect(try ThreadCount.chosen(SessionOptions(threads: 3), environment: "5") == 3)
    #expect(try ThreadCount.chosen(SessionOptions(threads: 3), environment: "nonsense") == 3)
    #expect(try ThreadCount.chosen(SessionOptions(), environment: "5") == 5)
    #expect(try ThreadCount.chosen(SessionOptions(), environment: "1024") == 1024)
    for nothing in [nil, ""] {
      #expect(try ThreadCount.chosen(SessionOptions(), environment: nothing) == ProcessorCount.available)
    }
  }

  @Test(arguments: ["0", "1025", "-1", "+2", "2.0", "two", " 2", "2 ", "99999999999999999999", "٣", "2\n", "0x2"])
  func valuesThatAreNoNumberOfThreads(text: String) throws {
    let error = #expect(throws: InfoldError.self) { try ThreadCount.chosen(SessionOptions(), environment: text) }
    #expect(error?.code == .invalidArgument && error?.reason.contains("INFOLD_THREADS") == true)
  }

  @Test(arguments: [0, -1, 1025]) func numbersThatAreNotAllowed(threads: Int) throws {
    #expect(throws: InfoldError.self) { try ThreadCount.chosen(SessionOptions(threads: threads), environment: nil) }
  }

  /// The contents of control group files, in a folder that represents `/`.
  @Test(
    arguments: [
      // Version 2, as seen by a container, and by a service of the machine.
      (["proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "50000 100000\n"], 0.5, nil),
      (["proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"], nil, nil),
      (["sys/fs/cgroup/cpu.max": "250000 100000\n", "sys/fs/cgroup/memory.max": "1048576\n"], 2.5, 1_048_576),
      (
        [
          "proc/self/cgroup": "0::/system.slice/a.service\n", "sys/fs/cgroup/system.slice/cpu.max": "300000 100000\n",
          "sys/fs/cgroup/system.slice/a.service/cpu.max": "400000 100000\n",
          "sys/fs/cgroup/system.slice/memory.max": "4096\n", "sys/fs/cgroup/system.slice/a.service/memory.max": "max\n",
        ], 3, 4096
      ),
      // Version 1.
      (
        [
          "proc/self/cgroup": "4:memory:/docker/a1\n3:cpu,cpuacct:/docker/a1\n",
          "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
          "sys/fs/cgroup/memory/docker/a1/memory.limit_in_bytes": "65536\n",
          "sys/fs/cgroup/cpu/docker/a1/cpu.cfs_quota_us": "150000\n",
          "sys/fs/cgroup/cpu/docker/a1/cpu.cfs_period_us": "100000\n", "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
          "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        ], 1.5, 65536
      ),
      // A container that sees its own group as the outermost one, under the name that the machine uses.
      (
        [
          "proc/self/cgroup": "4:memory:/docker/a1\n3:cpu,cpuacct:/docker/a1\n",
          "sys/fs/cgroup/memory/memory.limit_in_bytes": "32768\n",
          "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "200000\n",
          "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
        ], 2, 32768
      ),
      // No files, invalid files, and paths that lead elsewhere.
      ([:], nil, nil),
      (["proc/self/cgroup": "nonsense", "sys/fs/cgroup/cpu.max": "", "sys/fs/cgroup/memory.max": "many\n"], nil, nil),
      (["proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "0 0\n", "sys/fs/cgroup/memory.max": "-1\n"], nil, nil),
      (
        [
          "proc/self/cgroup": "0::/../../../secret\n", "secret/cpu.max": "1 100000\n", "secret/memory.max": "1\n",
          "sys/fs/cgroup/memory.max": "4096\n",
        ], nil, 4096
      ),
    ] as [([String: String], Double?, Int?)])
  func controlGroups(files: [String: String], processors: Double?, memory: Int?) throws {
    let folder = try TemporaryFolder()
    for (path, text) in files { try folder.write(path, Array(text.utf8)) }
    let group = ControlGroup(root: folder.path)
    #expect(group.processorLimit == processors)
    #expect(group.memoryLimit == memory)
    let count = ProcessorCount.available(in: group)
    #expect(count >= 1 && count <= max(1, Int((processors ?? 1024).rounded(.up))))
  }
}
