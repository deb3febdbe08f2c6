import InfoldServing
import Testing

@Suite struct DatatypeTests {
  @Test(arguments: Datatype.allCases) func namesAreThoseOfElementTypes(datatype: Datatype) throws {
    #expect(Datatype(datatype.elementType) == datatype)
    #expect(try Datatype(named: datatype.rawValue) == datatype)
  }
}
