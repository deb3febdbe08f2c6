import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct IdentityTests {
  @Test(arguments: [1, 13, 14, 16, 19, 21, 23, 24, 25]) func returnsItsInput(opset: Int) throws {
    let x = try Tensor(shape: [2], [true, false])
    #expect(try evaluate("Identity", opset: opset, [x])[0] == x)
    #expect(try infer("Identity", opset: opset, [TensorType(.int8, ["N"])]) == [TensorType(.int8, ["N"])])
  }
}
