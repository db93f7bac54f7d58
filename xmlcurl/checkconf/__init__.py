"""`xmlcurl check-conf`: reads somebody's FreeSWITCH configuration and says what will hurt.

    variables, directive, preprocess, tree   read as FreeSWITCH reads; nothing is executed, nothing is fetched
    configuration                            what the rules see
    rules_*                                  one function a rule; addresses and passwords are theirs
    findings                                 the table of what can be found
    report                                   for people, and for programs

Stands alone: nothing of the service is imported here.
"""
