import FuzzTargets
import InfoldSystem
import TestSupport
import Testing

/// Inputs that fuzzing has found. Every file is passed to its target once more, which must return.
@Suite struct FindingTests {
  /// A file of `Findings`.
  struct Finding: Sendable, CustomTestStringConvertible {
    var target: FuzzTarget
    var name: String
    var testDescription: String { "\(target) \(name)" }

    static let folder = repositoryFolder + "/Tests/FuzzTests/Findings"

    static let all = FuzzTarget.allCases.flatMap { target in
      ((try? Folder.entries(folder + "/" + target.rawValue)) ?? []).map { Finding(target: target, name: $0.name) }
    }
  }

  @Test func findingsAreThere() {
    #expect(!Finding.all.isEmpty)
  }

  @Test(arguments: Finding.all) func finding(_ finding: Finding) throws {
    let path = Finding.folder + "/" + finding.target.rawValue + "/" + finding.name
    finding.target.run(try RegularFile.contents(ofFile: path, limit: 1 << 20), inEveryWay: true)
  }
}
