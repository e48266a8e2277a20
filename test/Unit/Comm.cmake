# How ranks reach each other: plans, and one suite over all transports.
moe_add_unit_test(CommPlanTest CommPlanTest.cpp CommReceivedTest.cpp LINK moert_layout)
moe_add_unit_test(CommJobTableTest CommJobTableTest.cpp LINK moert_comm)
moe_add_unit_test(CommHeaderTest CommHeaderTest.cpp LINK moert_comm)
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
      set_tests_properties(CommMpi.Conformance.${ranks} PROPERTIES LABELS mpi TIMEOUT 120)
    endforeach()
    add_test(NAME CommMpi.MessagesInParts
      COMMAND sh -c ". ${mpi_env}; export MOE_MAX_MESSAGE_BYTES=1000; exec mpirun -n 3 $<TARGET_FILE:CommMpiTest>")
    set_tests_properties(CommMpi.MessagesInParts PROPERTIES LABELS mpi TIMEOUT 120)
    foreach(ranks 3 4)
      add_test(NAME CommMpi.InWindows.${ranks}
        COMMAND sh -c ". ${mpi_env}; export MOE_CHUNK_BYTES=20000; exec mpirun -n ${ranks} $<TARGET_FILE:CommMpiTest>")
      set_tests_properties(CommMpi.InWindows.${ranks} PROPERTIES LABELS mpi TIMEOUT 120)
    endforeach()
  endif()
else()
  add_test(NAME CommMpi.Conformance COMMAND ${CMAKE_COMMAND} -E echo "skipped: no MPI in this build")
  set_tests_properties(CommMpi.Conformance PROPERTIES LABELS mpi SKIP_REGULAR_EXPRESSION "skipped:")
endif()

if(MOE_HAVE_MPI AND NOT MOE_SANITIZE)
  add_executable(CommFaultJob CommFaultJob.cpp)
  target_link_libraries(CommFaultJob PRIVATE moert_comm)
  foreach(fault kill stop exit0 return throw stall hash elsewhere error rank0-kill rank0-stop
          start-stop rank0-start-stop start-late)
    add_test(NAME CommMpi.Fault.${fault}
      COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/comm-faults.sh $<TARGET_FILE:CommFaultJob> ${fault})
    set_tests_properties(CommMpi.Fault.${fault} PROPERTIES LABELS mpi TIMEOUT 60 RUN_SERIAL TRUE)
  endforeach()
  add_test(NAME CommMpi.Monitoring
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/comm-monitoring.sh $<TARGET_FILE:CommFaultJob>)
  set_tests_properties(CommMpi.Monitoring PROPERTIES LABELS mpi TIMEOUT 60)
endif()
