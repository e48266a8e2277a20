# How ranks reach each other: plans, and one suite over all transports.
moe_add_unit_test(CommPlanTest CommPlanTest.cpp LINK moert_layout)
moe_add_unit_test(CommLocalTest CommLocalTest.cpp CommConformance.cpp LINK moert_comm)

if(MOE_HAVE_MPI)
  add_executable(CommMpiTest CommMpiTest.cpp CommConformance.cpp)
  target_link_libraries(CommMpiTest PRIVATE moert_comm GTest::gtest)
  set(mpi_env ${CMAKE_SOURCE_DIR}/test/mpi-env.sh)
  # Address sanitizers see leaks of MPI itself; those runs cover `local`.
  if(NOT MOE_SANITIZE)
    foreach(ranks 2 3 4 8)
      add_test(NAME CommMpi.Conformance.${ranks}
        COMMAND sh -c ". ${mpi_env}; exec mpirun -n ${ranks} $<TARGET_FILE:CommMpiTest>")
      set_tests_properties(CommMpi.Conformance.${ranks} PROPERTIES TIMEOUT 120)
    endforeach()
    add_test(NAME CommMpi.MessagesInParts
      COMMAND sh -c ". ${mpi_env}; export MOE_MAX_MESSAGE_BYTES=1000; exec mpirun -n 3 $<TARGET_FILE:CommMpiTest>")
    set_tests_properties(CommMpi.MessagesInParts PROPERTIES TIMEOUT 120)
  endif()
else()
  add_test(NAME CommMpi.Conformance COMMAND ${CMAKE_COMMAND} -E echo "skipped: no MPI in this build")
  set_tests_properties(CommMpi.Conformance PROPERTIES SKIP_REGULAR_EXPRESSION "skipped:")
endif()
