import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct PowTests {
  @Test(arguments: [1, 7, 12, 13, 15]) func computesFloats(opset: Int) throws {
    let x = try Tensor(shape: [4], [2, -2, 9, 0] as [Float]), y = try Tensor(shape: [4], [3, 3, 0.5, 0] as [Float])
    #expect(try evaluate("Pow", opset: opset, [x, y])[0] == Tensor(shape: [4], [8, -8, 3, 1] as [Float]))
  }

  @Test func broadcastsFromAnAxisInOpset1() throws {
    let x = try Tensor(shape: [2, 2], [2, 3, 4, 5] as [Float]), y = try Tensor(shape: [2], [1, 2] as [Float])
    let z = try evaluate("Pow", opset: 1, attributes: ["broadcast": .int(1), "axis": .int(0)], [x, y])
    #expect(try z[0] == Tensor(shape: [2, 2], [2, 3, 16, 25] as [Float]))
  }

  @Test func hasTheTypeOfTheBase() throws {
    let floats = try Tensor(shape: [2], [2, -3] as [Float16]), integers = try Tensor(shape: [2], [2, -3] as [Int32])
    let doubles = try Tensor(shape: [2], [2, 3] as [Double]), bytes = try Tensor(shape: [2], [2, 3] as [UInt8])
    let cubes = try Tensor(shape: [2], [4, -27] as [Int32]), rounded = try Tensor(shape: [2], [4, -27] as [Float16])
    #expect(try evaluate("Pow", opset: 12, [floats, bytes])[0] == rounded)
    #expect(try evaluate("Pow", opset: 12, [floats, doubles])[0] == rounded)
    #expect(try evaluate("Pow", opset: 12, [integers, doubles])[0] == cubes)
    #expect(try evaluate("Pow", opset: 12, [integers, bytes])[0] == cubes)
    #expect(try errorCode { _ = try evaluate("Pow", opset: 7, [floats, bytes]) } == .invalidModel)
    #expect(try errorCode { _ = try evaluate("Pow", opset: 12, [floats, Tensor(scalar: true)]) } == .unsupported)
  }

  @Test(
    arguments: [
      (3, 39, 4_052_555_153_018_976_267), (2, 64, 0), (-1, .max, -1), (2, -1, 0), (-1, -3, -1), (0, -1, .max),
      (0, 0, 1),
    ] as [(Int64, Int64, Int64)])
  func raisesIntegersWithoutOverflow(x: Int64, y: Int64, z: Int64) throws {
    #expect(try evaluate("Pow", opset: 15, [.list(x), .list(y)])[0] == .list(z))
  }

  @Test func boundsWhatIntegersCannotHold() throws {
    let x = try Tensor(shape: [3], [10, -10, -8] as [Int32]), y = try Tensor(shape: [3], [99.0, 99, 0.5] as [Float])
    #expect(try evaluate("Pow", opset: 13, [x, y])[0] == Tensor(shape: [3], [.max, .min, 0] as [Int32]))
  }
}
