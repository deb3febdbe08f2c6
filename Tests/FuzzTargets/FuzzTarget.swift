import InfoldGraph
import InfoldImage
import InfoldONNX
import InfoldOperators
import InfoldPasses
import InfoldSystem
import InfoldTensor

/// A function that is called with hostile bytes. Each target returns for any input, whether it accepts or refuses it. A failure ends the
/// process.
public enum FuzzTarget: String, CaseIterable, Sendable {
  /// An ONNX file is decoded, and its types are inferred.
  case decode
  /// An ONNX file is decoded, folded, written and decoded again. Writing it again gives the same bytes.
  case roundtrip
  /// An ONNX file is decoded and run with kernels and with reference evaluations.
  case run
  /// A NumPy file is decoded, written and decoded again.
  case npy
  /// A JPEG or PNG picture is decoded and resized.
  case image
  /// A sidecar, which describes how pictures are converted to inputs, is read.
  case sidecar

  /// The maximum number of bytes that one input may make the target allocate.
  public static let memoryLimit = 64 << 20

  /// Passes `bytes` to the target.
  /// - Parameter inEveryWay: Whether to run a model in every configuration, instead of one that the bytes determine.
  public func run(_ bytes: [UInt8], inEveryWay: Bool = false) {
    do throws(InfoldError) {
      try MemoryBudget(limit: Self.memoryLimit).charging { () throws(InfoldError) in
        switch self {
        case .decode: _ = try Model(bytes: bytes, operators: .standard)
        case .roundtrip: try Self.writeTwice(bytes)
        case .run: try RunTarget(bytes).run(inEveryWay: inEveryWay)
        case .npy: try Self.decodeNumPy(bytes)
        case .image: try Self.decodePicture(bytes)
        case .sidecar: _ = try PreprocessingFields(parsing: bytes).preprocessing()
        }
      }
    } catch {
      precondition(!error.description.contains("\n"), "an error has more than one line")
    }
  }
}

extension FuzzTarget {
  /// Writes a model unchanged, or rewritten in one of two ways, depending on its size.
  private static func writeTwice(_ bytes: [UInt8]) throws(InfoldError) {
    var model = try Model(bytes: bytes, operators: .standard)
    switch bytes.count % 3 {
    case 0: try requireSame(model, "a model")
    case 1: try requireSame(try FoldBatchNormalization().fold(model).model, "a folded model")
    default:
      model.raiseToIRVersion4()
      model.graph = try ConstantFolding().run(on: model.graph).graph
      try requireSame(model, "a model with constants folded")
    }
  }

  /// Reads the written model, and checks that writing it again gives the same bytes.
  private static func requireSame(_ model: Model, _ what: String) throws(InfoldError) {
    let first = try model.serialized()
    let second: [UInt8]
    do throws(InfoldError) {
      second = try Model(bytes: first, operators: .standard).serialized()
    } catch {
      // Raw data takes more bytes than varints, so the written model may exceed a limit that the original does not.
      guard error.code == .limitExceeded else { fatalError("\(what) is written, and refused: \(error)") }
      return
    }
    precondition(first == second, "\(what) is written in another way the second time")
  }

  private static func decodeNumPy(_ bytes: [UInt8]) throws(InfoldError) {
    let tensor = try NumPyFile.decode(bytes)
    let copy: Tensor
    do throws(InfoldError) {
      copy = try NumPyFile.decode(try NumPyFile.encode(tensor))
    } catch {
      fatalError("a tensor that was read cannot be written: \(error)")
    }
    precondition(copy == tensor, "a tensor is another one when it was written")
  }

  private static func decodePicture(_ bytes: [UInt8]) throws(InfoldError) {
    let limits = ImageLimits(maximumFileSize: 1 << 20, maximumPixels: 1 << 18, maximumSide: 1 << 12)
    let picture = try Picture(bytes: bytes, limits: limits)
    precondition(picture.width * picture.height <= limits.maximumPixels, "a picture is larger than its limit")
    _ = try picture.resized(width: 7, height: 5, filter: .bilinear)
  }
}

extension FuzzTarget {
  /// Infold's operators, for generating mutated models.
  public static var operators: [(name: String, domain: String)] {
    OperatorRegistry.standard.all.map { ($0.name, $0.domain) }
  }
}
