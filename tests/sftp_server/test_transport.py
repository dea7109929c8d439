from sftp_world import BOX, place

from gateway.core.model import EnvelopeId, Parcel, Sent
from sftp_server.transport import SftpFolder


async def test_a_delivery_is_a_file_in_the_folder_and_happens_once(world):
    receipt = await world.put("outbox/x.xml")
    folder, name = place("cinbox/order.xml")
    parcel = Parcel(
        transfer=receipt.id,
        envelope=EnvelopeId("e1"),
        mailbox=BOX,
        name=name,
        folder=folder,
        blob=await world.blobs.put(b"<order/>"),
    )
    transport = SftpFolder(world.deposits)
    for _ in range(2):
        sent = await transport.send(parcel)
        assert sent == Sent("cinbox/order.xml in the mailbox")
    assert await world.paths() == ["cinbox/order.xml", "outbox/x.xml"]
