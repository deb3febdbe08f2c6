import FuzzTargets
import InfoldFiles
import TestSupport
import Testing

/// What fuzzing has found, and what it begins with: every file goes through its target, which must return.
@Suite struct FindingTests {
  private static let folder = repositoryFolder + "/Tests/FuzzTests/Findings"

  @Test(arguments: FuzzTarget.allCases) func findings(target: FuzzTarget) throws {
    let folder = Self.folder + "/" + target.rawValue
    // A target without findings has no folder.
    guard fileStatus(folder) != nil else { return }
    for entry in try Folder.entries(folder) where !entry.isFolder {
      target.run(try RegularFile.contents(ofFile: folder + "/" + entry.name, limit: 1 << 20))
    }
  }
}
