import InfoldServer
import Testing

@Suite struct X {
  @Test(arguments: Datatype.allCases) func namesAreThoseOfElementTypes(datatype: Datatype) throws {
    #expect(Datatype(datatype.elementType) == datatype)
    #expect(try Datatype(named: datatype.rawValue) == datatype)
  }
}
