import InfoldRuntime
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// The environment variable `INFOLD_ISA` chooses the kernels.
@Suite struct KernelChoiceTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// The scores of a network with the kernels that `INFOLD_ISA` names.
  private func scores(_ name: String) throws -> [Double] {
    let model = repositoryFile("Models/efficientnet-lite0.onnx"), output = folder.path("out" + name)
    let result = try infold(
      ["run", model, "--random", "1", "--output", output], environment: ["INFOLD_ISA": name])
    #expect(result.status == 0, "\(result.error)")
    let file = try #require(try Folder.entries(output).first)
    return try NumPyFile.read(output + "/" + file.name).numbers()
  }

  @Test func allKernelsAgree() throws {
    let portable = try scores("portable"), best = try scores("")
    #expect(portable.count == best.count && portable.count > 1)
    let largest = best.reduce(0) { max($0, $1.magnitude) }
    #expect(zip(portable, best).allSatisfy { ($0 - $1).magnitude <= 1e-4 * largest })
  }

  /// The matrix unit is either used or refused by name.
  @Test func theMatrixUnit() throws {
    let path = try folder.write("relu.onnx", Onnx.relu())
    let result = try infold(
      ["run", path, "--random", "1", "--precision", "bfloat16"], environment: ["INFOLD_ISA": "amx"])
    if KernelChoice.names.contains("amx") {
      #expect(result.status == 0, "\(result.error)")
    } else {
      #expect(result.status == 2 && result.output == "")
      #expect(result.error.contains("INFOLD_ISA is \"amx\"") && result.error.contains("portable"))
    }
  }

  /// The emulation of a matrix unit shows on any machine what rounded factors change.
  @Test(arguments: ["emulated-amx", "emulated-avx512bf16"]) func emulatedUnits(name: String) throws {
    let model = repositoryFile("Models/efficientnet-lite0.onnx")
    let result = try infold(
      ["inspect", model, "--plan", "--precision", "bfloat16"], environment: ["INFOLD_ISA": name])
    #expect(result.status == 0, "\(result.error)")
    #expect(result.output.contains("1×1, bfloat16"))
    let fast = try infold(["inspect", model, "--plan"], environment: ["INFOLD_ISA": name])
    #expect(fast.output.contains("split bfloat16") == (name == "emulated-amx"))
  }

  @Test func kernelsThatAreNotThere() throws {
    let path = try folder.write("relu.onnx", Onnx.relu())
    let result = try infold(["run", path, "--random", "1"], environment: ["INFOLD_ISA": "avx9"])
    #expect(result.status == 2)
    #expect(result.output == "")
    #expect(result.error.contains("INFOLD_ISA is \"avx9\""))
    #expect(result.error.contains("portable"))
  }
}
